// SPDX-License-Identifier: Apache-2.0
#include "worker/form_settings.hpp"

#include <utility>

#include "schema/form.hpp"
#include "schema/settings_list.hpp"

namespace tq {

bool passes_by_itself(const Error& error) {
  return error.status == Status::kTransient || error.status == Status::kLimited;
}

Result<Word> FormSettings::read(const PluginSchema& schema, FormUse use) {
  if (ground_.instance.config_source != ConfigSource::kThreatq) return read_file();
  recall();
  auto word = read_record(schema, use);
  const bool helps = use == FormUse::kRemember || (!word && passes_by_itself(word.error()));
  if (word || !helps || word.error().status == Status::kCancelled) return word;
  auto kept = last_good();
  if (!kept) return std::move(word.error());
  ground_.log.warning(Event::kThreatqForm,
                      "the last good values of the form are used, because " + word.error().message);
  return std::move(*kept);
}

Result<Word> FormSettings::read_file() {
  connector_ = file_connector(ground_.instance);
  TQ_ASSIGN(const ConnectorState state, connector_->read(record_));
  Word word;
  word.enabled = state.enabled;
  word.config = Json(state.values);
  return word;
}

Result<Word> FormSettings::read_record(const PluginSchema& schema, FormUse use) {
  connector_ = link_->client().connector();
  ConnectorDefinition definition;
  TQ_ASSIGN(definition.form, make_form(schema));
  definition.name = name_;
  definition.name_space = ground_.manifest.id;
  definition.default_status = ground_.instance.default_status;
  definition.look_only = use != FormUse::kRegister;
  definition.known = !other_ && has_kept_form(ground_.config, ground_.instance.name);
  definition.instance = ground_.instance.name;
  TQ_ASSIGN(record_, connector_->ensure(definition));
  if (other_ && !connector_->existed())
    ground_.log.warning(Event::kThreatqForm,
                        "the instance used another record before; if it should go on with that "
                        "one, set record_name to its name, else fill in the form of the new one",
                        {{"record", name_}, {"before", *other_}});
  TQ_ASSIGN(const ConnectorState state, connector_->read(record_));
  Word word;
  word.enabled = state.enabled;
  word.config = config_from_form(definition.form, state.values);
  fill_in_hidden(definition.form, state.values, &word);
  TQ_TRY(take_secrets(definition.form, word.config));
  put_file_over_form(&word);
  return word;
}

// What was kept of another record says nothing about this one.
void FormSettings::recall() {
  name_ =
      record_name_of(ground_.instance, ground_.manifest.default_instance, ground_.manifest.name);
  auto kept = read_kept_form(ground_.config, ground_.environment, ground_.instance.name);
  if (!kept) return;
  if (kept->record == name_) {
    last_ = std::move(*kept);
  } else {
    other_ = kept->record;
  }
}

void FormSettings::keep(const Word& word) {
  if (word.kept || ground_.instance.config_source != ConfigSource::kThreatq) return;
  KeptForm form{ground_.world.now_ms(), word.enabled, Json::object(), name_};
  for (const auto& [key, value] : word.config.items())
    if (word.from_form.count(key) != 0) form.config[key] = value;
  write(std::move(form));
}

void FormSettings::keep_switched_off(const Word& word) {
  if (word.kept || !last_) return;
  KeptForm form = *last_;
  form.enabled = false;
  write(std::move(form));
}

// Sealing and writing cost an fsync, so only what is new is kept.
void FormSettings::write(KeptForm form) {
  if (last_ && last_->same_as(form)) return;
  auto done = write_kept_form(ground_.config, ground_.environment, ground_.instance.name, form);
  if (!done)
    ground_.log.warning(
        Event::kThreatqForm,
        "the form's values cannot be kept for a time without ThreatQ: " + done.error().message);
}

std::optional<Word> FormSettings::last_good() const {
  if (!last_) return {};
  Word word;
  word.kept = true;
  word.enabled = last_->enabled;
  word.config = last_->config;
  put_file_over_form(&word);
  return word;
}

// Some servers show asterisks in the place of a secret. The configuration file may have it, or an
// earlier run may have seen it; else a person has to give it to this host.
void FormSettings::fill_in_hidden(const Form& form, const std::map<std::string, Json>& values,
                                  Word* word) {
  for (const FormField& field : form.fields) {
    const auto shown = values.find(field.key);
    if (!field.mask || shown == values.end() || !is_mask_text(shown->second) ||
        ground_.instance.config.contains(field.key))
      continue;
    const std::string name = ground_.instance.name + "/" + field.key;
    const std::string way_out = "set it with tqhost secret set " + name + ", and put \"" +
                                field.key + "\": {\"secret\": \"" + name +
                                "\"} into the config of the instance";
    const std::string what = "ThreatQ hides the " + field.label + " of the form";
    if (last_ && last_->config.contains(field.key)) {
      word->config[field.key] = last_->config[field.key];
      ground_.log.warning(
          Event::kThreatqForm,
          what + "; the one that was read last is used. If it is another one by now, " + way_out);
    } else if (!word->lacks) {
      word->lacks = Error{Status::kConfig, what + ", so this host cannot read it: " + way_out,
                          "/" + field.key};
    }
  }
}

// Hides the secrets from every log line. Whoever edits the form may not have this host read a file
// or a variable of its own: references are for people who may write the configuration file.
Result<void> FormSettings::take_secrets(const Form& form, const Json& config) const {
  for (const FormField& field : form.fields) {
    const auto value = config.find(field.key);
    if (value == config.end()) continue;
    if (value->is_object())
      return Error{Status::kConfig,
                   "its configuration in ThreatQ: " + field.label +
                       " is an object, and the form takes plain values only",
                   "/" + field.key};
    if (field.mask) ground_.log.redactor().add_value(plain_text(*value));
  }
  return {};
}

void FormSettings::put_file_over_form(Word* word) const {
  for (const auto& [key, value] : word->config.items()) word->from_form.insert(key);
  for (const auto& [key, value] : ground_.instance.config.items()) {
    word->config[key] = value;
    word->from_form.erase(key);
  }
}

void FormSettings::report(const LastRun& run) {
  if (record_.empty()) return;
  if (auto told = connector_->report(record_, run); !told)
    ground_.log.warning(Event::kThreatqForm,
                        "ThreatQ's record could not be told of this run: " + told.error().message);
  adopt_pair();
}

void FormSettings::adopt_pair() {
  const ThreatqConfig& config = *ground_.instance.threatq;
  if (link_->by_kept_pair() || config.oauth_id.set()) return;
  auto pair = connector_->credentials(record_);
  if (!pair) {
    ground_.log.debug(Event::kThreatqLogin, pair.error().message);
  } else if (pair->has_value()) {
    keep_pair(ground_, **pair);
  }
}

}  // namespace tq
