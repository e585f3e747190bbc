// SPDX-License-Identifier: Apache-2.0
// Instance: the services of one run, built on top of each other, as the host side of the plugin
// boundary. Home thread; what it is given outlives it.
#pragma once

#include <tqp/plugin.h>

#include <atomic>
#include <memory>
#include <optional>

#include "core/cancel.hpp"
#include "core/world.hpp"
#include "load/manifest.hpp"
#include "log/log.hpp"
#include "schema/config.hpp"
#include "services/config_service.hpp"
#include "services/host_ctx.hpp"
#include "services/http_service.hpp"
#include "services/log_service.hpp"
#include "services/run_service.hpp"
#include "services/state_service.hpp"
#include "services/threatq_service.hpp"
#include "store/store.hpp"
#include "worker/settings.hpp"

namespace tq {

// What stands before the services do.
struct Ground {
  const HostConfig& config;
  const InstanceConfig& instance;
  const Environment& environment;
  const Manifest& manifest;
  World& world;
  Log& log;
  const Cancel& cancel;
  Store& store;
  RunService& run;
};

class Instance {
 public:
  // Sends nothing. E_CONFIG: ThreatQ is needed and not configured, a host or a secret is wrong.
  static Result<std::unique_ptr<Instance>> build(const Ground& ground, Json schema,
                                                 InstanceSettings settings);

  const tqp_host* host() const { return &host_; }
  StateService& state() { return *state_; }
  ThreatqClient* threatq() { return threatq_.get(); }  // null: not configured, or not asked for
  bool sent_anything() const { return sent_.load(std::memory_order_relaxed); }

  // Closes what the plugin left open and says so; ends what is in flight. REQUIRES: the plugin's
  // instance is destroyed.
  void close_handles();

 private:
  Instance() = default;
  Result<void> connect_threatq(const Ground& ground);
  void fill_tables(const Ground& ground);

  std::atomic<bool> sent_{false};
  Log* host_log_ = nullptr;
  std::unique_ptr<HttpClient> internet_, threatq_http_;
  std::unique_ptr<ThreatqClient> threatq_;
  std::unique_ptr<BodyPool> bodies_;
  std::optional<LogService> log_;
  std::optional<ConfigService> config_;
  std::optional<StateService> state_;
  std::optional<ThreatqService> threatq_service_;
  std::unique_ptr<HttpService> http_;
  tqp_host_ctx ctx_;
  tqp_host host_{};
};

}  // namespace tq
