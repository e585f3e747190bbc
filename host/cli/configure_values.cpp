// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_values.hpp"

#include <algorithm>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schema/host_fields.hpp"
#include "schema/secret_ref.hpp"

namespace tq {
namespace {

constexpr size_t kFileBytesMost = 1 << 20;
constexpr const char* kPassword = "threatq.password";
constexpr const char* kConfig = "config.";

// The keys whose values are text or can be written as text.
const std::vector<std::string> kThreatqKeys = {"threatq.host",       "threatq.client_id",
                                               "threatq.username",   "threatq.ca_file",
                                               "threatq.verify_tls", "threatq.use_proxy"};
const std::vector<std::string> kInstanceKeys = {
    "default_status", "config_source", "record_name", "schedule", "verify", "external_proxy"};

std::string as_text(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// "threatq.host" -> "/threatq/host"
std::string pointer_of(const std::string& key) {
  std::string out = "/" + key;
  std::replace(out.begin(), out.end(), '.', '/');
  return out;
}

class Gatherer {
 public:
  Gatherer(const ConfigureSubject& subject, const HostConfig& config)
      : subject_(subject), config_(config) {
    for (const auto* keys : {&kThreatqKeys, &kInstanceKeys})
      for (const std::string& key : *keys) out_.texts[key];
    out_.texts["config_source"] = {"threatq", SaidBy::kNobody};
  }

  void take_configuration() {
    const InstanceConfig* const known = config_.find(subject_.instance);
    const std::string place = known == nullptr ? std::string() : instance_pointer();
    const Json* const tree = json_at(config_.resolved, place);
    for (const std::string& key : kThreatqKeys) take(place, key, tree);
    const auto& threatq = known != nullptr ? known->threatq : config_.threatq;
    if (threatq.has_value()) take_threatq(*threatq, place);
    if (known == nullptr) return;
    for (const std::string& key : kInstanceKeys) take(place, key, tree);
    if (const Json* own = json_at(subject_.earlier, "/config"); own != nullptr)
      take_earlier_settings(*own);
  }

  Result<void> take_file(const std::string& name) {
    TQ_ASSIGN(std::string text, read_text_file(name, kFileBytesMost, Pipes::kWait));
    auto json = parse_json(text, name, Comments::kAllow);
    wipe(text);
    if (!json) return std::move(json.error());
    if (!json->is_object())
      return Error{Status::kConfig, name + " is no object; write {\"threatq\": {\"host\": ...}}"};
    for (auto& [key, value] : json->items()) {
      if ((key == "threatq" || key == "config") && value.is_object()) {
        for (auto& [member, inner] : value.items())
          TQ_TRY(take_from(name, join({key, member}, "."), inner));
      } else {
        TQ_TRY(take_from(name, key, value));
      }
    }
    return {};
  }

  Result<void> take_option(const std::string& option) {
    const size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error{Status::kConfig,
                   "--set takes KEY=VALUE, as in --set threatq.host=tq.example.com"};
    const std::string key(trim(option.substr(0, equals)));
    if (is_secret(key))
      return Error{
          Status::kConfig,
          "--set " + key + " is refused: every user of this machine can read command " + "lines; " +
              (key == kPassword ? "type it when asked, set TQHOST_THREATQ_PASSWORD, or " : "") +
              "give it in a file of mode 0600 with --from FILE"};
    return say(key, option.substr(equals + 1));
  }

  // Values that no configuration can have, by the schemas that every configuration is read with.
  Result<ConfigureValues> finish() {
    TQ_TRY(check_host_values());
    TQ_TRY(check_settings());
    return std::move(out_);
  }

 private:
  std::string instance_pointer() const {
    size_t index = 0;
    while (config_.instances[index].name != subject_.instance) ++index;
    return "/instances/" + std::to_string(index);
  }

  // What was said at `place`, where the instance stands, or at the root for all instances.
  SaidBy who(const std::string& place, const std::string& key) const {
    for (std::string at = place + pointer_of(key); !at.empty(); at.erase(at.rfind('/'))) {
      const auto found = config_.origins.find(at);
      if (found == config_.origins.end()) continue;
      if (found->second == "default") return SaidBy::kNobody;
      if (found->second.rfind("environment ", 0) == 0) return SaidBy::kEnvironment;
      return found->second.rfind(subject_.file.string() + ":", 0) == 0 ? SaidBy::kEarlier
                                                                       : SaidBy::kHostFile;
    }
    return SaidBy::kNobody;
  }

  void take(const std::string& place, const std::string& key, const Json* tree) {
    const Json* const value = tree == nullptr ? nullptr : json_at(*tree, pointer_of(key));
    if (value == nullptr || value->is_null()) return;
    if (const SaidBy by = who(place, key); by != SaidBy::kNobody)
      out_.texts[key] = {as_text(*value), by};
  }

  void take_threatq(const ThreatqConfig& threatq, const std::string& place) {
    out_.oauth_id = threatq.oauth_id;
    out_.oauth_secret = threatq.oauth_secret;
    const Json& value = threatq.password.value;
    if (value.is_null()) return;
    out_.password = {{}, value, threatq.password.place, who(place, kPassword)};
    // A later call may have another environment.
    if (out_.password.by == SaidBy::kEnvironment && value.is_string())
      out_.password.text = Secret(value.get_ref<const std::string&>());
  }

  void take_earlier_settings(const Json& own) {
    for (const auto& [key, value] : own.items()) {
      if (is_secret(kConfig + key)) {
        out_.setting_secrets[key] = {{}, value, {}, SaidBy::kEarlier};
      } else {
        out_.settings[key] = value;
      }
    }
  }

  bool is_secret(const std::string& key) const {
    if (key == kPassword) return true;
    if (key.rfind(kConfig, 0) != 0) return false;
    const auto secrets = subject_.schema->secret_pointers();
    return std::find(secrets.begin(), secrets.end(), pointer_join("", key.substr(7))) !=
           secrets.end();
  }

  Result<void> take_from(const std::string& file, const std::string& key, Json& value) {
    if (key == "threatq.ca_file" && value.is_string() && !trim(as_text(value)).empty())
      value = (std::filesystem::absolute(file).parent_path() / trim(as_text(value))).string();
    if (!is_secret(key)) return say(key, value);
    SaidSecret secret{{}, nullptr, file + ": " + key, SaidBy::kCommand};
    if (value.is_object()) {
      if (const std::string defect = reference_defect(value); !defect.empty())
        return Error{Status::kConfig, secret.place + " " + defect};
      secret.reference = value;
    } else if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
      TQ_TRY(check_private(file, "holds a secret (" + key + ")"));
      secret.text = Secret(value.get_ref<const std::string&>());
      wipe(value.get_ref<std::string&>());
    } else {
      return Error{Status::kConfig, secret.place + " is neither a text nor " + secret_kinds()};
    }
    (key == kPassword ? out_.password : out_.setting_secrets[key.substr(7)]) = std::move(secret);
    return {};
  }

  Result<void> say(const std::string& key, const Json& value) {
    if (key.rfind(kConfig, 0) == 0) return say_setting(key.substr(7), value);
    if (const auto known = out_.texts.find(key); known != out_.texts.end()) {
      known->second = {std::string(trim(as_text(value))), SaidBy::kCommand};
      return {};
    }
    std::vector<std::string> keys = {kPassword};
    for (const auto& [name, text] : out_.texts) keys.push_back(name);
    return unknown(key, keys, "config.KEY for a setting of " + subject_.plugin.manifest.id);
  }

  Result<void> say_setting(const std::string& key, const Json& value) {
    if (subject_.form.find(key) == nullptr) {
      std::vector<std::string> keys;
      for (const FormField& field : subject_.form.fields) keys.push_back(field.key);
      return unknown(key, keys, "tqhost describe " + subject_.plugin.manifest.id + " shows all");
    }
    out_.settings[key] = value;
    out_.settings_said.insert(key);
    return {};
  }

  static Error unknown(const std::string& key, const std::vector<std::string>& keys,
                       const std::string& more) {
    const std::string near = nearest(key, keys);
    return {Status::kConfig, "\"" + printable(key, 60) + "\" is no key of configure; " +
                                 (near.empty() ? "there are " + join(keys, ", ") + "; " + more
                                               : "did you mean " + near + "?")};
  }

  Result<void> check_host_values() {
    Json instance = {{"name", subject_.instance}, {"plugin", subject_.plugin.manifest.id}};
    for (const auto& [key, said] : out_.texts)
      if (said.by == SaidBy::kCommand && !said.text.empty())
        instance[Json::json_pointer(pointer_of(key))] = said.text;
    TQ_ASSIGN(const auto schema, PluginSchema::of_host());
    PluginSettings applied;
    const std::vector<Problem> problems =
        schema->apply({{"instances", Json::array({instance})}}, &applied);
    if (!problems.empty()) {
      std::vector<std::string> lines;
      for (const Problem& problem : problems) {
        std::string key = problem.pointer.substr(std::min<size_t>(problem.pointer.size(), 13));
        std::replace(key.begin(), key.end(), '/', '.');
        lines.push_back(key + " " + problem.message);
      }
      return Error{Status::kConfig, join(lines, "\n")};
    }
    for (auto& [key, said] : out_.texts)
      if (const Json* tidy = json_at(applied.values, "/instances/0" + pointer_of(key));
          said.by == SaidBy::kCommand && tidy != nullptr)
        said.text = as_text(*tidy);
    SaidText& ca_file = out_.texts["threatq.ca_file"];
    if (ca_file.by == SaidBy::kCommand && !ca_file.text.empty())
      ca_file.text = std::filesystem::absolute(ca_file.text).lexically_normal().string();
    return {};
  }

  // What is still missing, a person can fill in later in ThreatQ's UI; what is here has to be
  // right.
  Result<void> check_settings() {
    std::map<std::string, Json> values;
    for (const auto& [key, value] : out_.settings.items()) values[key] = value;
    out_.settings = config_from_form(subject_.form, values);
    PluginSettings applied;
    std::vector<std::string> lines;
    for (const Problem& problem : subject_.schema->apply(out_.settings, &applied))
      for (const std::string& key : out_.settings_said)
        if (const std::string at = pointer_join("", key);
            problem.pointer == at || problem.pointer.rfind(at + "/", 0) == 0)
          lines.push_back("config." + problem.pointer.substr(1) + " " + problem.message);
    if (!lines.empty()) return Error{Status::kConfig, join(lines, "\n")};
    return {};
  }

  const ConfigureSubject& subject_;
  const HostConfig& config_;
  ConfigureValues out_;
};

}  // namespace

Result<ConfigureValues> gather_values(const ConfigureSubject& subject,
                                      const ConfigureOptions& options, const HostConfig& config) {
  Gatherer gatherer(subject, config);
  gatherer.take_configuration();
  if (!options.from.empty()) TQ_TRY(gatherer.take_file(options.from));
  for (const std::string& option : options.settings) TQ_TRY(gatherer.take_option(option));
  return gatherer.finish();
}

std::vector<std::string> missing_values(const ConfigureSubject& subject,
                                        const ConfigureValues& values) {
  std::vector<std::string> out;
  const auto tell = [&out](const std::string& title, const std::string& key,
                           const std::string& variable, bool is_secret) {
    std::string ways = is_secret ? "" : "--set " + key + "=VALUE, ";
    if (!variable.empty()) ways += "the environment variable " + variable + ", ";
    out.push_back(title + ": " + ways + "or \"" + key + "\" in a file" +
                  (is_secret ? " of mode 0600" : "") + " for --from");
  };
  if (values.from_threatq() || subject.uses_threatq()) {
    const auto tell_host = [&](const char* key, const char* variable, bool is_known) {
      const bool needed = key == std::string("threatq.host") || !values.by_oauth_pair();
      if (!is_known && needed)
        tell(host_field(key).title, key, variable, key == std::string(kPassword));
    };
    tell_host("threatq.host", "TQHOST_THREATQ_HOST", values.texts.at("threatq.host").known());
    tell_host("threatq.client_id", "TQHOST_THREATQ_CLIENT_ID",
              values.texts.at("threatq.client_id").known());
    tell_host("threatq.username", "TQHOST_THREATQ_USERNAME",
              values.texts.at("threatq.username").known());
    tell_host(kPassword, "TQHOST_THREATQ_PASSWORD", values.password.known());
  }
  if (!values.from_threatq())
    for (const FormField& field : subject.form.fields)
      if (field.required && !values.settings.contains(field.key) &&
          values.setting_secrets.count(field.key) == 0)
        tell(field.label, kConfig + field.key, "", field.mask);
  return out;
}

Result<std::string> host_when_empty(const HostConfig& config, const Environment& environment) {
  const auto variable = environment.find("TQHOST_THREATQ_HOST");
  if (variable != environment.end() && !trim(variable->second).empty())
    return std::string(trim(variable->second));
  if (config.threatq.has_value() && !config.threatq->host.empty()) return config.threatq->host;
  return Error{Status::kConfig, "ThreatQ Host is empty and nothing sets it here"};
}

}  // namespace tq
