// SPDX-License-Identifier: Apache-2.0
#include "worker/form_settings.hpp"

#include <utility>

#include "schema/form.hpp"

namespace tq {

bool passes_by_itself(const Error& error) {
  return error.status == Status::kTransient || error.status == Status::kLimited;
}

Result<Word> FormSettings::read(const PluginSchema& schema, FormUse use) {
  auto word = read_record(schema, use);
  if (word || !passes_by_itself(word.error())) return word;
  auto kept = last_good();
  if (!kept) return std::move(word.error());
  ground_.log.warning(Event::kThreatqForm,
                      "the last good values of the form are used, because " + word.error().message);
  return kept;
}

Result<Word> FormSettings::read_record(const PluginSchema& schema, FormUse use) {
  Word word;
  const bool by_form = ground_.instance.config_source == ConfigSource::kThreatq;
  if (!by_form) {
    connector_ = file_connector(ground_.instance);
    TQ_ASSIGN(const ConnectorState state, connector_->read(record_));
    word.enabled = state.enabled;
    word.config = Json(state.values);
    return word;
  }
  connector_ = link_->client().connector();
  ConnectorDefinition definition;
  TQ_ASSIGN(definition.form, make_form(schema));
  definition.name =
      record_name_of(ground_.instance, ground_.manifest.default_instance, ground_.manifest.name);
  definition.name_space = ground_.manifest.id;
  definition.default_status = ground_.instance.default_status;
  definition.look_only = use == FormUse::kLook;
  TQ_ASSIGN(record_, connector_->ensure(definition));
  TQ_ASSIGN(const ConnectorState state, connector_->read(record_));
  word.enabled = state.enabled;
  word.config = config_from_form(definition.form, state.values);
  TQ_TRY(take_secrets(definition.form, word.config));
  put_file_over_form(&word);
  return word;
}

void FormSettings::keep(const Word& word) {
  if (word.kept || ground_.instance.config_source != ConfigSource::kThreatq) return;
  KeptForm form{ground_.world.now_ms(), word.enabled, Json::object()};
  for (const auto& [key, value] : word.config.items())
    if (word.from_form.count(key) != 0) form.config[key] = value;
  write(form);
}

void FormSettings::keep_switched_off(const Word& word) {
  if (word.kept || ground_.instance.config_source != ConfigSource::kThreatq) return;
  auto form = read_kept_form(ground_.config, ground_.environment, ground_.instance.name);
  if (!form || !form->enabled) return;
  form->enabled = false;
  write(*form);
}

void FormSettings::write(const KeptForm& form) {
  auto done = write_kept_form(ground_.config, ground_.environment, ground_.instance.name, form);
  if (!done)
    ground_.log.warning(
        Event::kThreatqForm,
        "the form's values cannot be kept for a time without ThreatQ: " + done.error().message);
}

Result<Word> FormSettings::last_good() const {
  TQ_ASSIGN(KeptForm form,
            read_kept_form(ground_.config, ground_.environment, ground_.instance.name));
  Word word;
  word.kept = true;
  word.enabled = form.enabled;
  word.config = std::move(form.config);
  put_file_over_form(&word);
  return word;
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
    if (field.mask && value->is_string())
      ground_.log.redactor().add_value(value->get<std::string>());
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
