// SPDX-License-Identifier: Apache-2.0
// Instance: the services of one run, built on top of each other, as the host side of the plugin
// boundary. Home thread; what it is given outlives it.
#pragma once

#include <tqp/plugin.h>

#include <memory>
#include <optional>

#include "log/log.hpp"
#include "services/config_service.hpp"
#include "services/host_ctx.hpp"
#include "services/http_service.hpp"
#include "services/log_service.hpp"
#include "services/metrics_service.hpp"
#include "services/run_service.hpp"
#include "services/state_service.hpp"
#include "services/threatq_service.hpp"
#include "worker/ground.hpp"
#include "worker/settings.hpp"
#include "worker/threatq_link.hpp"

namespace tq {

class Instance {
 public:
  // Sends nothing. `threatq`: null when the plugin is to have none. `proxy`: of the internet side,
  // empty: none. E_CONFIG: a host or the proxy is wrong.
  static Result<std::unique_ptr<Instance>> build(const Ground& ground, Json schema,
                                                 InstanceSettings settings, ThreatqLink* threatq,
                                                 const std::string& proxy);

  const tqp_host* host() const { return &host_; }
  StateService& state() { return *state_; }
  const StateService& state() const { return *state_; }
  ContractBreach& breach() { return ctx_.breach; }

  // Closes what the plugin left open and says so; ends what is in flight; writes its figures.
  // REQUIRES: the plugin's instance is destroyed.
  void close_handles();

 private:
  Instance() = default;
  void fill_tables(const Ground& ground);

  Log* host_log_ = nullptr;
  std::unique_ptr<HttpClient> internet_;
  std::unique_ptr<BodyPool> bodies_;
  std::optional<LogService> log_;
  std::optional<ConfigService> config_;
  std::optional<StateService> state_;
  std::optional<MetricsService> metrics_;
  std::optional<ThreatqService> threatq_service_;
  std::unique_ptr<HttpService> http_;
  tqp_host_ctx ctx_;
  std::optional<HomeContext> home_;
  tqp_host host_{};
};

}  // namespace tq
