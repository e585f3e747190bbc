// SPDX-License-Identifier: Apache-2.0
#include "worker/ground.hpp"

#include <utility>

#include "worker/layout.hpp"

namespace tq {

HttpOptions http_options(const HostConfig& config) {
  HttpOptions options;
  options.user_agent = "tqhost/" TQ_VERSION;
  options.no_proxy = config.no_proxy;
  options.proxy_ca_file = config.proxy_ca_file.empty() ? config.ca_file : config.proxy_ca_file;
  options.rate.folder = rate_folder(config);
  return options;
}

Result<std::unique_ptr<HttpClient>> watched_client(const HttpOptions& options,
                                                   const Ground& ground) {
  TQ_ASSIGN(auto client, HttpClient::create(options, ground.world, ground.log));
  return std::unique_ptr<HttpClient>(
      std::make_unique<WatchedClient>(std::move(client), ground.traffic));
}

Result<Secret> hidden_secret(const SecretRef& ref, const Ground& ground) {
  if (!ref.set()) return Secret();
  TQ_ASSIGN(Secret secret, resolve_secret(ref, ground.config, ground.environment));
  ground.log.redactor().add_value(secret.reveal());
  return secret;
}

}  // namespace tq
