// SPDX-License-Identifier: Apache-2.0
#include "worker/instance.hpp"

#include <string>
#include <utility>

#include "services/origin_ways.hpp"
#include "worker/layout.hpp"

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
  if (name == TQP_METRICS) return metrics_table();
  if (name == TQP_THREATQ && ctx->threatq != nullptr) return threatq_table();
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::build(const Ground& ground, Json schema,
                                                  InstanceSettings settings, ThreatqLink* threatq,
                                                  const std::string& proxy) {
  std::unique_ptr<Instance> out(new Instance);
  HttpOptions internet = http_options(ground.config);
  internet.ca_file = ground.config.ca_file;
  internet.proxy = proxy;
  if (proxy != ground.config.proxy_url) internet.proxy_setting = "/external_proxy";
  TQ_ASSIGN(internet.ways, origin_ways(ground.manifest, settings.values, settings.secrets,
                                       ground.config.allow_plain_http));
  for (const std::string& note : unverified_notes(internet.ways)) {
    ground.log.warning(Event::kConfigNote, note);
    ground.run.note(note);
  }
  TQ_ASSIGN(out->internet_, watched_client(internet, ground));
  if (threatq != nullptr) out->threatq_service_.emplace(threatq->client(), threatq->link_base());
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
  TQ_TRY(out->state_->learn_letters());
  // A run that changes nothing keeps no figures.
  const bool kept = !ground.run.effects_skipped();
  out->metrics_.emplace(
      kept ? metrics_file(ground.config, ground.instance.name) : std::filesystem::path(),
      ground.world, ground.log);
  out->fill_tables(ground);
  return out;
}

void Instance::fill_tables(const Ground& ground) {
  ctx_.home = std::this_thread::get_id();
  ctx_.log = &*log_;
  ctx_.run = &ground.run;
  ctx_.config = &*config_;
  ctx_.state = &*state_;
  ctx_.http = http_.get();
  ctx_.metrics = &*metrics_;
  ctx_.threatq = threatq_service_ ? &*threatq_service_ : nullptr;
  home_.emplace(&ctx_);
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
  ctx_.http = nullptr;
  ctx_.threatq = nullptr;
  http_.reset();
  threatq_service_.reset();
  metrics_->keep(MetricsService::When::kNow);
}

}  // namespace tq
