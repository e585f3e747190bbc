// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_write.hpp"

#include <ostream>

#include "core/file.hpp"
#include "core/text.hpp"
#include "schema/own_secrets.hpp"
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

// What an earlier call may have used for the same thing: base, base.2, base.3 and so on. A name for
// something new is none of those that are in use, so that the file of before, here or moved away,
// stays good until the new one is there.
constexpr int kNamesMost = 100;
std::string numbered(const std::string& base, const std::string& ending, int number) {
  return base + (number == 1 ? "" : "." + std::to_string(number)) + ending;
}

struct FreshName {
  std::string taken;
  std::vector<std::string> in_use;
};
template <class InUse>
FreshName fresh_name(const std::string& base, const std::string& ending, InUse in_use) {
  FreshName out;
  for (int number = 1; number <= kNamesMost; ++number) {
    std::string name = numbered(base, ending, number);
    if (in_use(name)) {
      out.in_use.push_back(std::move(name));
    } else if (out.taken.empty()) {
      out.taken = std::move(name);
    }
  }
  if (out.taken.empty()) out.taken = numbered(base, ending, kNamesMost + 1);
  return out;
}

void append(std::vector<std::string>* to, const std::vector<std::string>& names) {
  to->insert(to->end(), names.begin(), names.end());
}

bool is_flag(const std::string& key) {
  return key == "threatq.verify_tls" || key == "threatq.use_proxy" || key == "external_proxy";
}

}  // namespace

Result<void> ConfigureWrite::prepare() {
  TQ_ASSIGN(const Vault vault, Vault::open(vault_files(config_, context_.sources.environment)));
  for (const std::string& name : vault.names()) kept_names_.insert(name);
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
Json ConfigureWrite::keep(const std::string& name, const SaidSecret& secret) {
  if (secret.text.empty()) return secret.reference;
  const FreshName fresh = fresh_name(name, "", [&](const std::string& one) {
    return kept_names_.count(one) != 0 || secrets_.count(one) != 0;
  });
  secrets_[fresh.taken] = secret.text;
  append(&unused_secrets_, fresh.in_use);
  return {{"secret", fresh.taken}};
}

Json ConfigureWrite::threatq_block() {
  const Json* const earlier = json_at(subject_.earlier, "/threatq");
  Json out = earlier != nullptr ? *earlier : Json::object();
  for (const char* key : {"threatq.host", "threatq.client_id", "threatq.username",
                          "threatq.ca_file", "threatq.verify_tls", "threatq.use_proxy"})
    if (const SaidText& said = values_.texts.at(key); is_new(said.by))
      set_or_erase(out, member_of(key), said.text, is_flag(key));
  if (is_new(values_.password.by)) {
    out["password"] = keep(password_secret(subject_.instance), values_.password);
    const FreshName former =
        fresh_name(former_password_secret(subject_.instance), "",
                   [&](const std::string& one) { return kept_names_.count(one) != 0; });
    append(&unused_secrets_, former.in_use);
  }
  if (!trial_.trusted_pem().empty()) {
    const std::string base = (subject_.file.parent_path() / subject_.instance).string() + ".ca";
    const FreshName fresh = fresh_name(base, ".pem", [](const std::string& file) {
      std::error_code error;
      return std::filesystem::exists(file, error);
    });
    certificate_ = fresh.taken;
    unused_certificates_ = fresh.in_use;
    out["ca_file"] = certificate_;
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
    out[key] = keep(subject_.instance + "/" + key, secret);
  return out;
}

Json ConfigureWrite::instance_object() {
  Json out = subject_.known() ? subject_.earlier : Json::object();
  out["name"] = subject_.instance;
  out["plugin"] = subject_.plugin.manifest.id;
  out["config_source"] = values_.text("config_source");
  for (const char* key : {"default_status", "record_name", "schedule", "verify", "external_proxy"})
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
  Json out = host_values();
  if (!threatq.empty()) out["threatq"] = std::move(threatq);
  out["instances"] = Json::array({std::move(instance)});
  return out;
}

// What the TQHOST_ variables of this call say about the host: the next one, by cron, will have
// none. What https_proxy and its like say is every program's, and read anew by each call.
Json ConfigureWrite::host_values() const {
  Json out = Json::object();
  for (const auto& [pointer, origin] : config_.origins) {
    const bool of_others = pointer.rfind("/threatq", 0) == 0 || pointer.rfind("/instances", 0) == 0;
    if (of_others || origin.rfind("environment TQHOST_", 0) != 0) continue;
    if (const Json* const value = json_at(config_.resolved, pointer); value != nullptr)
      out[Json::json_pointer(pointer)] = *value;
  }
  // Neither masked nor relative to where this call was made.
  if (out.contains("proxy") && out["proxy"].contains("url"))
    out["proxy"]["url"] = config_.proxy_url;
  if (out.contains("secrets")) out["secrets"]["key_file"] = config_.key_file.string();
  // So that `tqhost --config` on this file finds the state, too.
  const bool beside = config_.state_dir.parent_path() == subject_.file.parent_path();
  out["state_dir"] = (beside ? config_.state_dir.filename() : config_.state_dir).string();
  return out;
}

Result<void> ConfigureWrite::carry_out() {
  TQ_TRY(keep_secrets());
  TQ_TRY(keep_certificate());
  if (values_.from_threatq()) TQ_TRY(keep_record());
  TQ_TRY(keep_file());
  keep_pair();
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
  TQ_TRY(make_own_folder(subject_.file.parent_path()));
  world_.reach("configure: before the certificate");
  TQ_TRY(write_file_atomically(certificate_, trial_.trusted_pem()));
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
  TQ_ASSIGN(record_, trial_.ensure(definition));
  world_.reach("configure: after the record");
  if (const std::string lacks = trial_.shortfall(); !lacks.empty()) note(lacks);
  if (subject_.known() && !definition.initial.empty())
    note("the record in ThreatQ keeps the values that it has; change them in its form");
  if (subject_.known()) return {};
  if (const auto on = trial_.was_switched_on(record_); on && *on)
    note("the record \"" + definition.name +
         "\" was in ThreatQ already and is switched on; its values are kept, and the next run "
         "works with them");
  return {};
}

Result<void> ConfigureWrite::keep_file() {
  TQ_TRY(make_own_folder(subject_.file.parent_path()));
  world_.reach("configure: before the file");
  TQ_TRY(write_file_atomically(subject_.file, pretty_json(document_)));
  world_.reach("configure: after the file");
  return {};
}

// Later runs prefer the pair to the password. It comes after the file: cut off in between, there is
// the pair of before, which is used only if it is the same account's, or none, and the next run
// asks for one. Without a new one, that of another account does not stay.
void ConfigureWrite::keep_pair() {
  const std::string& name = subject_.instance;
  auto pair = record_.empty() ? std::optional<OauthPair>() : trial_.credentials(record_);
  if (!pair) note(pair.error().message);
  world_.reach("configure: before the pair");
  const auto keep = [&]() -> Result<void> {
    TQ_ASSIGN(Vault vault, Vault::open(vault_files(config_, context_.sources.environment)));
    if (pair && pair->has_value()) return vault.set(pair_secrets(name, **pair, owner()));
    const std::string id = oauth_id_secret(name), kept_for = oauth_owner_secret(name);
    const auto known = vault.get(kept_for);
    if (!vault.has(id) || (known && known->reveal() == owner())) return {};
    return vault.erase({id, oauth_key_secret(name), kept_for});
  };
  if (const auto done = keep(); !done) note(done.error().message);
  world_.reach("configure: after the pair");
}

std::string ConfigureWrite::owner() const {
  const auto origin = parse_host(values_.text("threatq.host"), config_.allow_plain_http);
  return origin ? pair_owner(*origin, values_.text("threatq.client_id"),
                             values_.text("threatq.username"))
                : std::string();
}

// What only the file of before used. Left behind, it would do no harm.
void ConfigureWrite::tidy() {
  std::error_code ignored;
  for (const std::string& file : unused_certificates_) std::filesystem::remove(file, ignored);
  drop_named(&unused_secrets_);
  if (unused_secrets_.empty()) return;
  auto vault = Vault::open(vault_files(config_, context_.sources.environment));
  auto done = vault ? vault->erase(unused_secrets_) : Result<void>(vault.error());
  if (!done) note(done.error().message);
}

// A setting can be called as another one's second try is, and a person names what he likes.
void ConfigureWrite::drop_named(std::vector<std::string>* names) const {
  HostConfig next = config_;
  std::erase_if(next.instances,
                [&](const InstanceConfig& one) { return one.name == subject_.instance; });
  const NamedSecrets others = named_secrets(next);
  std::set<std::string> own;
  add_named_secrets(document_, &own);
  std::erase_if(*names, [&](const std::string& name) {
    return own.count(name) != 0 || others.by_threatq.count(name) != 0 ||
           others.by_settings.count(name) != 0;
  });
}

void ConfigureWrite::note(const std::string& message) {
  context_.err << "tqhost: note: " << message << '\n';
}

}  // namespace tq
