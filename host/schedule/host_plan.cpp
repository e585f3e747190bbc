// SPDX-License-Identifier: Apache-2.0
#include "schedule/host_plan.hpp"

#include "core/digest.hpp"
#include "core/json.hpp"

namespace tq {
namespace {

Json of(const ThreatqConfig& threatq) {
  return {threatq.host,           threatq.client_id,        threatq.username,
          threatq.password.value, threatq.oauth_id.value,   threatq.oauth_secret.value,
          threatq.verify_tls,     threatq.ca_file.string(), threatq.use_proxy};
}

// What is the same for all of them.
Json of(const HostConfig& config) {
  return {config.key_file.string(), config.ca_file.string(),
          config.proxy_url,         config.proxy_ca_file.string(),
          config.no_proxy,          config.allow_plain_http,
          config.run_minutes,       config.memory_mb,
          config.open_files,        config.log_file.string()};
}

// The secrets that are named {"secret": NAME}, with the time of each.
void add_secrets(const Json& value, const SecretTimes& secrets, Json& out) {
  if (!value.is_structured()) return;
  if (const auto name = value.find("secret");
      value.is_object() && value.size() == 1 && name != value.end() && name->is_string()) {
    const auto found = secrets.find(name->get<std::string>());
    if (found != secrets.end()) out.push_back({found->first, found->second});
    return;
  }
  for (const Json& member : value) add_secrets(member, secrets, out);
}

Json secrets_of(const InstanceConfig& instance, const SecretTimes& secrets) {
  Json out = Json::array();
  add_secrets(instance.config, secrets, out);
  if (instance.threatq)
    for (const SecretRef* ref : {&instance.threatq->password, &instance.threatq->oauth_id,
                                 &instance.threatq->oauth_secret})
      add_secrets(ref->value, secrets, out);
  return out;
}

std::string digest_of(const InstanceConfig& instance, const Json& host,
                      const SecretTimes& secrets) {
  const Json all = {host,
                    secrets_of(instance, secrets),
                    instance.plugin,
                    static_cast<int>(instance.config_source),
                    instance.default_status,
                    instance.record_name,
                    instance.external_proxy,
                    instance.threatq ? of(*instance.threatq) : Json(nullptr),
                    instance.config};
  return sha256(dump_json(all));
}

}  // namespace

HostPlan host_plan(const HostConfig& config, const SecretTimes& secrets) {
  HostPlan plan;
  plan.file = config.file;
  plan.plugins_dir = config.plugins_dir;
  plan.state_dir = config.state_dir;
  plan.log_dir = config.log_dir;
  plan.log_max_size_mb = config.log_max_size_mb;
  plan.log_keep = config.log_keep;
  plan.run_minutes = config.run_minutes;
  plan.memory_mb = config.memory_mb;
  plan.deaths = config.deaths;
  plan.deaths_window_minutes = config.deaths_window_minutes;
  plan.warnings = config.warnings;
  const Json host = of(config);
  plan.instances.reserve(config.instances.size());
  for (const InstanceConfig& instance : config.instances)
    plan.instances.push_back({instance.name, instance.plugin, instance.enabled, instance.schedule,
                              instance.verify, digest_of(instance, host, secrets)});
  return plan;
}

}  // namespace tq
