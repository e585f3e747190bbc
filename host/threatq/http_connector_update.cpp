// SPDX-License-Identifier: Apache-2.0
// The form of a record that exists: what it lacks is written, and nothing of it gets lost.
#include <utility>

#include "core/text.hpp"
#include "threatq/connector_record.hpp"
#include "threatq/http_connector.hpp"
#include "threatq/ids.hpp"

namespace tq {
namespace {

// What the form looks like after a write, for the log: "+new ~changed -gone".
std::string summary(const FormChanges& changes) {
  std::string text;
  for (const auto& [key, field] : changes.fields.items()) {
    if (!text.empty()) text += ' ';
    text += field.is_null() ? '-' : field.contains("value") ? '+' : '~';
    text += printable(key);
  }
  return text;
}

// With no log-in, or after a stop, nothing else works either. Errors of the log-in name its
// setting.
bool ends_everything(const Error& error) {
  return error.status == Status::kCancelled || error.http_status == 401 ||
         error.field.rfind("/threatq/", 0) == 0;
}

}  // namespace

Result<std::string> HttpConnector::update(const ConnectorDefinition& definition,
                                          const Json& found) {
  const std::string id = id_text(found);
  TQ_ASSIGN(const Json record, record_with_fields(found));
  TQ_ASSIGN(FormChanges changes, look_at(record, definition));
  moved_ = std::move(changes.moved);
  const bool lacks_status = !definition.default_status.empty() && !default_status_id(record);
  if (definition.look_only || (changes.fields.empty() && !lacks_status)) return id;
  auto done = bring_up_to_date(id, definition);
  if (done) {
    moved_.clear();
  } else if (ends_everything(done.error())) {
    return std::move(done.error());
  } else {
    fall_short(id, "the form in ThreatQ could not be brought up to date; it is used as it is: " +
                       done.error().message);
  }
  return id;
}

void HttpConnector::fall_short(const std::string& id, const std::string& why) {
  shortfall_ = why;
  log_.warning(Event::kThreatqForm, why, {{"record", name_}, {"id", id}});
}

Result<FormChanges> HttpConnector::look_at(const Json& record,
                                           const ConnectorDefinition& definition) {
  const auto fields = custom_fields(record);
  if (!fields)
    return api_.failure(fields.error().status, "reading " + title(id_text(record)),
                        fields.error().message);
  for (const std::string& value : masked_values(*fields, definition))
    log_.redactor().add_value(value);
  FormChanges changes = form_changes(*fields, definition);
  note_unknown(changes.unknown);
  return changes;
}

// What is written holds a person's values, so it is made from the record as it is right now.
Result<void> HttpConnector::bring_up_to_date(const std::string& id,
                                             const ConnectorDefinition& definition) {
  TQ_ASSIGN(const Json record, get(id, "reading " + title(id)));
  TQ_ASSIGN(const FormChanges changes, look_at(record, definition));
  TQ_ASSIGN(const Json fields, custom_fields(record));
  Json body = Json::object();
  if (!changes.fields.empty())
    body["custom_fields"] = fields_to_write(fields, changes, definition.form);
  if (!definition.default_status.empty() && !default_status_id(record)) {
    auto status = status_id(definition.default_status);
    if (status) {
      body["indicator_status_id"] = *status;
    } else if (body.empty() || ends_everything(status.error())) {
      return std::move(status.error());
    } else {
      fall_short(id, "the record in ThreatQ gets no default status: " + status.error().message);
    }
  }
  if (body.empty()) return {};
  const std::string what = "updating " + title(id);
  TQ_ASSIGN(const Written written,
            write("PUT", connector_target(id), body, what, "change connectors"));
  if (!written.doubt.empty()) TQ_TRY(check_form(id, definition, body, written.doubt));
  if (!changes.fields.empty()) TQ_TRY(put_right(id, fields, changes, definition.form));
  log_.info(Event::kThreatqForm, "the connector record in ThreatQ was brought up to date",
            {{"record", definition.name}, {"id", id}, {"fields", summary(changes)}});
  return {};
}

// The look behind an answer that does not acknowledge the update.
Result<void> HttpConnector::check_form(const std::string& id, const ConnectorDefinition& definition,
                                       const Json& body, const std::string& doubt) {
  const std::string what = "updating " + title(id);
  TQ_ASSIGN(const Json record, get(id, "reading " + title(id) + " again"));
  TQ_ASSIGN(const FormChanges lacking, look_at(record, definition));
  const auto status = body.find("indicator_status_id");
  const bool lacks_status = status != body.end() && default_status_id(record) != as_id(*status);
  if (!lacking.fields.empty() || lacks_status) return api_.not_done(what, doubt);
  note_settled(what, doubt);
  return {};
}

// An alarm: how a PUT treats custom_fields is inferred, and what a person typed must not get lost.
Result<void> HttpConnector::put_right(const std::string& id, const Json& before,
                                      const FormChanges& changes, const Form& form) {
  TQ_ASSIGN(const Json record, get(id, "reading " + title(id) + " again"));
  const auto after = custom_fields(record);
  if (!after) return {};  // of a shape that read() will tell about
  Json whole = repair(before, changes, *after, form);
  if (whole.is_null()) return {};
  log_.warning(Event::kThreatqForm,
               "ThreatQ lost values of the record when its form was changed; they are written "
               "back, but for secrets that ThreatQ does not show: look at the form in ThreatQ",
               {{"record", name_}});
  const std::string what = "writing back " + title(id);
  TQ_ASSIGN(const Written written, write("PUT", connector_target(id), {{"custom_fields", whole}},
                                         what, "change connectors"));
  if (written.doubt.empty()) return {};
  TQ_ASSIGN(const Json again, get(id, "reading " + title(id) + " once more"));
  const auto stands = custom_fields(again);
  if (!stands || !repair(before, changes, *stands, form).is_null())
    return api_.not_done(what, written.doubt);
  note_settled(what, written.doubt);
  return {};
}

// Lists may leave the fields out.
Result<Json> HttpConnector::record_with_fields(const Json& found) {
  // An empty one may be all that a list shows: what is written must not rest on it.
  const auto fields = found.find("custom_fields");
  if (fields != found.end() && fields->is_object() && !fields->empty()) return found;
  return get(id_text(found), "reading " + title(id_text(found)));
}

void HttpConnector::note_unknown(const std::vector<std::string>& keys) {
  if (keys.empty() || std::exchange(noted_, true)) return;
  log_.info(Event::kConfigNote,
            "the record in ThreatQ has fields that this connector does not know; they are left "
            "alone",
            {{"record", name_}, {"fields", printable(join(keys, ", "), 400)}});
}

}  // namespace tq
