// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_write.hpp"

#include <ostream>

#include "core/file.hpp"
#include "core/text.hpp"
#include "worker/threatq_link.hpp"

namespace tq {
namespace {

// The member behind "threatq." of a key.
std::string member_of(const std::string& key) { return key.substr(key.find('.') + 1); }

// Said in this call, and not to be found anywhere when it is over.
bool is_new(SaidBy by) {
  return by == SaidBy::kEnvironment || by == SaidBy::kCommand || by == SaidBy::kPerson;
}

Json value_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  return text;
}

void set_or_erase(Json& object, const std::string& key, const std::string& text, bool typed) {
  if (text.empty()) {
    object.erase(key);
  } else {
    object[key] = typed ? value_of(text) : Json(text);
  }
}

bool is_flag(const std::string& key) {
  return key == "threatq.verify_tls" || key == "threatq.use_proxy" || key == "external_proxy";
}

}  // namespace

ConfigureWrite::Name ConfigureWrite::fresh_name(const std::string& base, const std::string& ending,
                                                bool base_is_in_use) {
  const std::string first = base + ending, second = base + ".2" + ending;
  return base_is_in_use ? Name{second, first} : Name{first, second};
}

Result<void> ConfigureWrite::prepare() {
  document_ = document();
  TQ_ASSIGN(const auto schema, PluginSchema::of_host());
  const Json host = subject_.drop_in ? document_ : Json{{"instances", Json::array({document_})}};
  PluginSettings applied;
  std::vector<std::string> lines;
  for (const Problem& problem : schema->apply(host, &applied))
    lines.push_back(problem.pointer + " " + problem.message);
  const Json* const config =
      json_at(document_, subject_.drop_in ? "/instances/0/config" : "/config");
  if (!values_.from_threatq())
    for (const Problem& problem :
         subject_.schema->apply(config != nullptr ? *config : Json::object(), &applied))
      lines.push_back("/config" + problem.pointer + " " + problem.message);
  if (!lines.empty()) return Error{Status::kConfig, join(lines, "\n")};
  return {};
}

// What goes into the file for a secret; a text goes into the vault.
Json ConfigureWrite::keep(const std::string& name, const SaidSecret& secret, const Json* earlier) {
  if (secret.text.empty()) return secret.reference;
  const Name names = fresh_name(name, "", earlier != nullptr && *earlier == Json{{"secret", name}});
  secrets_[names.taken] = secret.text;
  unused_secrets_.push_back(names.given_up);
  return {{"secret", names.taken}};
}

Json ConfigureWrite::threatq_block() {
  const Json* const earlier = json_at(subject_.earlier, "/threatq");
  Json out = earlier != nullptr ? *earlier : Json::object();
  for (const char* key : {"threatq.host", "threatq.client_id", "threatq.username",
                          "threatq.ca_file", "threatq.verify_tls", "threatq.use_proxy"})
    if (const SaidText& said = values_.texts.at(key); is_new(said.by))
      set_or_erase(out, member_of(key), said.text, is_flag(key));
  if (is_new(values_.password.by))
    out["password"] = keep(password_secret(subject_.instance), values_.password,
                           json_at(subject_.earlier, "/threatq/password"));
  if (!trial_.trusted_pem().empty()) {
    const std::string base = (subject_.file.parent_path() / subject_.instance).string() + ".ca";
    certificate_ =
        fresh_name(base, ".pem", text_at(out, "ca_file") == base + ".pem" && subject_.known());
    out["ca_file"] = certificate_.taken;
  }
  return out;
}

// With the form in ThreatQ, what was said are its first values; what stood here goes on to win over
// the form. Secrets stay on this machine either way.
Json ConfigureWrite::config_block() {
  const Json* const earlier = json_at(subject_.earlier, "/config");
  Json out = values_.settings;
  for (const std::string& key : values_.settings_said)
    if (values_.from_threatq() && (earlier == nullptr || !earlier->contains(key))) out.erase(key);
  for (const auto& [key, secret] : values_.setting_secrets)
    out[key] = keep(subject_.instance + "/" + key, secret,
                    earlier == nullptr ? nullptr : json_at(*earlier, pointer_join("", key)));
  return out;
}

Json ConfigureWrite::instance_object() {
  Json out = subject_.known() ? subject_.earlier : Json::object();
  out["name"] = subject_.instance;
  out["plugin"] = subject_.plugin.manifest.id;
  out["config_source"] = values_.text("config_source");
  for (const char* key : {"default_status", "record_name", "schedule", "external_proxy"})
    if (const SaidText& said = values_.texts.at(key); is_new(said.by))
      set_or_erase(out, key, said.text, is_flag(key));
  return out;
}

Json ConfigureWrite::document() {
  Json instance = instance_object();
  Json threatq = threatq_block();
  Json config = config_block();
  if (!subject_.drop_in) {
    if (!threatq.empty()) instance["threatq"] = std::move(threatq);
    if (!config.empty()) instance["config"] = std::move(config);
    return instance;
  }
  if (!config.empty()) instance["config"] = std::move(config);
  Json out = Json::object();
  if (!threatq.empty()) out["threatq"] = std::move(threatq);
  out["instances"] = Json::array({std::move(instance)});
  if (!config_.ca_file.empty()) out["ca_file"] = config_.ca_file.string();
  // So that `tqhost --config` on this file finds the state, too.
  out["state_dir"] = config_.state_dir.filename().string();
  return out;
}

Result<void> ConfigureWrite::carry_out() {
  TQ_TRY(keep_secrets());
  TQ_TRY(keep_certificate());
  if (values_.from_threatq()) TQ_TRY(keep_record());
  TQ_TRY(keep_file());
  tidy();
  return {};
}

Result<void> ConfigureWrite::keep_secrets() {
  if (secrets_.empty()) return {};
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config_, context_.sources.environment)));
  world_.reach("configure: before the secrets");
  TQ_TRY(vault.set(secrets_));
  world_.reach("configure: after the secrets");
  return {};
}

Result<void> ConfigureWrite::keep_certificate() {
  if (trial_.trusted_pem().empty()) return {};
  TQ_TRY(make_folder(subject_.file.parent_path()));
  world_.reach("configure: before the certificate");
  TQ_TRY(write_file_atomically(certificate_.taken, trial_.trusted_pem()));
  world_.reach("configure: after the certificate");
  return {};
}

Result<void> ConfigureWrite::keep_record() {
  InstanceConfig instance;
  instance.name = subject_.instance;
  instance.record_name = values_.text("record_name");
  const Manifest& manifest = subject_.plugin.manifest;
  ConnectorDefinition definition;
  definition.name = record_name_of(instance, manifest.default_instance, manifest.name);
  definition.name_space = manifest.id;
  definition.form = subject_.form;
  definition.default_status = values_.text("default_status");
  for (const std::string& key : values_.settings_said)
    if (const auto value = values_.settings.find(key); value != values_.settings.end())
      definition.initial[key] = form_value(*subject_.form.find(key), *value);
  world_.reach("configure: before the record");
  TQ_ASSIGN(const std::string record, trial_.ensure(definition));
  world_.reach("configure: after the record");
  if (subject_.known() && !definition.initial.empty())
    note("the record in ThreatQ keeps the values that it has; change them in its form");
  return keep_pair(record);
}

// Later runs prefer the pair to the password. Without one, a pair of an earlier time, of another
// account perhaps, must not stay.
Result<void> ConfigureWrite::keep_pair(const std::string& record) {
  const std::string id = oauth_id_secret(subject_.instance);
  const std::string key = oauth_key_secret(subject_.instance);
  auto pair = trial_.credentials(record);
  if (!pair && pair.error().status == Status::kCancelled) return std::move(pair.error());
  if (!pair) note(pair.error().message);
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config_, context_.sources.environment)));
  world_.reach("configure: before the pair");
  if (pair && pair->has_value()) {
    TQ_TRY(vault.set({{id, Secret((*pair)->id)}, {key, (*pair)->secret}}));
  } else if (vault.has(id) || vault.has(key)) {
    TQ_TRY(vault.erase({id, key}));
  }
  world_.reach("configure: after the pair");
  return {};
}

Result<void> ConfigureWrite::keep_file() {
  TQ_TRY(make_folder(subject_.file.parent_path()));
  world_.reach("configure: before the file");
  TQ_TRY(write_file_atomically(subject_.file, pretty_json(document_)));
  world_.reach("configure: after the file");
  return {};
}

// What only the file of before used. Left behind, it would do no harm.
void ConfigureWrite::tidy() {
  std::error_code ignored;
  if (!certificate_.given_up.empty()) std::filesystem::remove(certificate_.given_up, ignored);
  if (unused_secrets_.empty()) return;
  auto vault = Vault::open(vault_files(config_, context_.sources.environment));
  auto done = vault ? vault->erase(unused_secrets_) : Result<void>(vault.error());
  if (!done) note(done.error().message);
}

void ConfigureWrite::note(const std::string& message) {
  context_.err << "tqhost: note: " << message << '\n';
}

}  // namespace tq
