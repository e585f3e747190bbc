// SPDX-License-Identifier: Apache-2.0
// Ground: what stands in a worker before its services do. References; outlives everything built on
// it.
#pragma once

#include <memory>
#include <string>

#include "core/cancel.hpp"
#include "core/world.hpp"
#include "load/manifest.hpp"
#include "log/log.hpp"
#include "net/http.hpp"
#include "schema/config.hpp"
#include "services/run_service.hpp"
#include "store/store.hpp"
#include "worker/watched_client.hpp"

namespace tq {

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
  Traffic& traffic;
};

// What every client of this host begins with.
HttpOptions http_options(const HostConfig& config);
Result<std::unique_ptr<HttpClient>> watched_client(const HttpOptions& options,
                                                   const Ground& ground);

// The text behind the reference, from now on hidden in every log line; empty when it is not set.
Result<Secret> hidden_secret(const SecretRef& ref, const Ground& ground);

}  // namespace tq
