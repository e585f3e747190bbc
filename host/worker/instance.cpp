// SPDX-License-Identifier: Apache-2.0
#include "worker/instance.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "worker/layout.hpp"
#include "worker/watched_client.hpp"

namespace tq {
namespace {

constexpr size_t kBodyMemoryBytes = 16 << 20;  // of all bodies; what is above lies in a file

const void* service(tqp_host_ctx* ctx, tqp_str id) {
  const std::string_view name = view(id);
  if (name == TQP_LOG) return log_table();
  if (name == TQP_RUN) return run_table();
  if (name == TQP_CONFIG) return config_table();
  if (name == TQP_STATE) return state_table();
  if (name == TQP_HTTP) return http_table();
  if (name == TQP_THREATQ && ctx->threatq != nullptr) return threatq_table();
  return nullptr;
}

bool lists(const std::vector<std::string>& services, std::string_view id) {
  return std::find(services.begin(), services.end(), id) != services.end();
}

HttpOptions options_for(const HostConfig& config) {
  HttpOptions options;
  options.user_agent = "tqhost/" TQ_VERSION;
  options.no_proxy = config.no_proxy;
  options.rate.folder = rate_folder(config);
  return options;
}

Result<std::unique_ptr<HttpClient>> client_of(const HttpOptions& options, const Ground& ground,
                                              std::atomic<bool>& sent) {
  TQ_ASSIGN(auto client, HttpClient::create(options, ground.world, ground.log));
  return std::unique_ptr<HttpClient>(std::make_unique<WatchedClient>(std::move(client), sent));
}

// The text behind the reference, from now on hidden in every log line; empty when it is not set.
Result<Secret> hidden(const SecretRef& ref, const Ground& ground) {
  if (!ref.set()) return Secret();
  TQ_ASSIGN(Secret secret, resolve_secret(ref, ground.config, ground.environment));
  ground.log.redactor().add_value(secret.reveal());
  return secret;
}

Error no_threatq(const Ground& ground) {
  return {Status::kConfig, ground.manifest.id +
                               " reads from ThreatQ, and none is configured: set threatq.host, "
                               "threatq.client_id, threatq.username and threatq.password"};
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::build(const Ground& ground, Json schema,
                                                  InstanceSettings settings) {
  std::unique_ptr<Instance> out(new Instance);
  HttpOptions internet = options_for(ground.config);
  internet.ca_file = ground.config.ca_file;
  internet.proxy = ground.config.proxy_url;
  TQ_ASSIGN(out->internet_, client_of(internet, ground, out->sent_));
  TQ_TRY(out->connect_threatq(ground));
  out->bodies_ =
      BodyPool::create(instance_folder(ground.config, ground.instance.name), kBodyMemoryBytes);

  HttpServiceOptions http;
  http.manifest = ground.manifest;
  http.settings = settings.values;
  http.secrets = std::move(settings.secrets);
  http.allow_plain_http = ground.config.allow_plain_http;
  TQ_ASSIGN(out->http_,
            HttpService::create(http, *out->internet_, *out->bodies_, ground.run, ground.log));
  out->host_log_ = &ground.log;
  out->log_.emplace(ground.log);
  out->config_.emplace(std::move(settings.values), std::move(schema));
  out->state_.emplace(ground.store, ground.run, ground.log);
  out->fill_tables(ground);
  return out;
}

Result<void> Instance::connect_threatq(const Ground& ground) {
  const bool required = lists(ground.manifest.required_services, TQP_THREATQ);
  const auto& config = ground.instance.threatq;
  const bool configured = config.has_value() && !config->host.empty();
  if (required && !configured) return no_threatq(ground);
  if (!configured || (!required && !lists(ground.manifest.optional_services, TQP_THREATQ)))
    return {};

  HttpOptions http = options_for(ground.config);
  http.ca_file = config->ca_file;
  http.verify_tls = config->verify_tls;
  if (config->use_proxy) http.proxy = ground.config.proxy_url;
  TQ_ASSIGN(threatq_http_, client_of(http, ground, sent_));
  ThreatqOptions options;
  auto origin = parse_host(config->host, ground.config.allow_plain_http);
  if (!origin) return std::move(origin.error()).in("threatq.host");
  options.origin = origin.take();
  options.client_id = config->client_id;
  options.username = config->username;
  TQ_ASSIGN(options.password, hidden(config->password, ground));
  TQ_ASSIGN(const Secret oauth_id, hidden(config->oauth_id, ground));
  options.oauth_id = oauth_id.reveal();
  TQ_ASSIGN(options.oauth_secret, hidden(config->oauth_secret, ground));
  const std::string link_base = options.origin.text() + "/indicators/";
  threatq_ = ThreatqClient::create(std::move(options), *threatq_http_, ground.world, ground.log,
                                   ground.cancel);
  threatq_service_.emplace(*threatq_, link_base, ground.log);
  return {};
}

void Instance::fill_tables(const Ground& ground) {
  ctx_.home = std::this_thread::get_id();
  ctx_.log = &*log_;
  ctx_.run = &ground.run;
  ctx_.config = &*config_;
  ctx_.state = &*state_;
  ctx_.http = http_.get();
  ctx_.threatq = threatq_service_ ? &*threatq_service_ : nullptr;
  host_.size = sizeof host_;
  host_.abi_major = TQP_ABI_MAJOR;
  host_.abi_minor = TQP_ABI_MINOR;
  host_.name = borrow("tqhost");
  host_.version = borrow(TQ_VERSION);
  host_.ctx = &ctx_;
  host_.service = &service;
}

void Instance::close_handles() {
  const auto tell = [this](const char* kind, size_t number) {
    if (number == 0) return;
    host_log_->warning(Event::kPlugin, "the plugin left handles open; the host closes them",
                       {{"kind", kind}, {"number", std::to_string(number)}});
  };
  tell("scan of the state", state_->open_handles());
  tell("body or call of http", http_->open_handles());
  if (threatq_service_) tell("cursor of ThreatQ", threatq_service_->open_handles());
  http_.reset();
  threatq_service_.reset();
}

}  // namespace tq
