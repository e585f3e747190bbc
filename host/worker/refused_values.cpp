// SPDX-License-Identifier: Apache-2.0
#include "worker/refused_values.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "core/ends.hpp"
#include "load/auth_template.hpp"

namespace tq {
namespace {

using Named = std::vector<std::pair<std::string, std::string_view>>;

std::set<std::string> pointers_in(const Manifest& manifest) {
  std::set<std::string> out;
  for (const auto& [name, entry] : manifest.auth) {
    for (const auto& [header, text] : entry.set)
      if (const auto parts = parse_auth_template(text))
        for (const std::string& pointer : settings_of(*parts)) out.insert(pointer);
    for (const std::string* pointer : {&entry.basic_user, &entry.basic_password})
      if (!pointer->empty()) out.insert(*pointer);
  }
  return out;
}

std::string note_of_threatq(const Ground& ground) {
  if (!ground.instance.threatq.has_value()) return {};
  const ThreatqConfig& config = *ground.instance.threatq;
  // What cannot be read was not sent.
  const auto text = [&](const SecretRef& ref) {
    auto secret = hidden_secret(ref, ground);
    return secret ? secret.take() : Secret();
  };
  const Secret password = text(config.password), id = text(config.oauth_id),
               key = text(config.oauth_secret);
  return note_invisible_ends({{"ThreatQ's client ID", config.client_id},
                              {"ThreatQ's username", config.username},
                              {"ThreatQ's password", password.reveal()},
                              {"ThreatQ's OAuth client ID", id.reveal()},
                              {"ThreatQ's OAuth client secret", key.reveal()}});
}

}  // namespace

void RefusedValues::learn(const PluginSchema& schema, const Manifest& manifest,
                          const InstanceSettings& settings) {
  in_auth_ = pointers_in(manifest);
  const auto add = [&](const std::string& pointer, std::string_view text) {
    values_[pointer] = {"the " + setting_label(schema, pointer), Secret(text)};
  };
  if (settings.values.is_object())
    for (const auto& [key, value] : settings.values.items())
      if (value.is_string()) add("/" + key, value.get_ref<const std::string&>());
  for (const auto& [pointer, secret] : settings.secrets) add(pointer, secret.reveal());
}

std::string RefusedValues::note(const Error& error, const Ground& ground) const {
  if (error.status != Status::kAuth) return {};
  // ThreatQ's errors name it, also when they come by way of the plugin.
  const bool threatqs = error.field.starts_with("/threatq/") ||
                        error.message.find("ThreatQ at ") != std::string::npos;
  if (threatqs) return note_of_threatq(ground);
  Named sent;
  for (const auto& [pointer, value] : values_)
    if (in_auth_.count(pointer) != 0 || pointer == error.field)
      sent.emplace_back(value.name, value.text.reveal());
  return note_invisible_ends(sent);
}

}  // namespace tq
