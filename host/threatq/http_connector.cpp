// SPDX-License-Identifier: Apache-2.0
#include "threatq/http_connector.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "threatq/connector_record.hpp"
#include "threatq/errors.hpp"
#include "threatq/ids.hpp"
#include "threatq/secret_body.hpp"
#include "threatq/timestamp.hpp"

namespace tq {
namespace {

constexpr int kAttempts = 4;
constexpr int kUnavailable = 503;
constexpr uint64_t kFirstBackoffMs = 500;

std::string in_quotes(const std::string& name) { return "\"" + printable(name) + "\""; }

// Servers show a time in more than one way.
bool same_second(const std::string& a, const std::string& b) {
  const int64_t first = parse_timestamp(a), second = parse_timestamp(b);
  return first != kNoTime && second != kNoTime && first / 1000 == second / 1000;
}

// The call is our own form: a ThreatQ that does not know it answers in one of these ways.
Error with_a_way_out(Error error) {
  for (const int unknown : {400, 404, 405, 422, 501})
    if (error.http_status == unknown)
      error.message +=
          ". If this ThreatQ takes no such record, keep the settings in the configuration file: "
          "config_source file";
  return error;
}

}  // namespace

std::string HttpConnector::title(const std::string& record) const {
  return "the connector record " + (name_.empty() ? "" : in_quotes(name_) + " (id ") +
         printable(record) + (name_.empty() ? "" : ")");
}

Result<std::string> HttpConnector::ensure(const ConnectorDefinition& definition) {
  name_ = definition.name;
  moved_.clear();
  existed_ = false;
  shortfall_.clear();
  for (const std::string& value : masked_values(Json::object(), definition))
    log_.redactor().add_value(value);
  TQ_ASSIGN(const std::optional<Json> found, find(definition.name));
  existed_ = found.has_value();
  if (found) return update(definition, *found);
  const std::string command =
      "tqhost configure" + (definition.instance.empty() ? "" : " " + definition.instance);
  if (definition.known)
    return Error{Status::kConfig, api_.place() + " no longer has the connector record " +
                                      in_quotes(definition.name) +
                                      ", whose form was read before. If it was renamed there, set "
                                      "record_name to its new name. If it was deleted, run " +
                                      command +
                                      " to make a new one, fill in its form and switch it on"};
  if (!definition.look_only) return make(definition);
  return Error{Status::kConfig, api_.place() + " has no connector record " +
                                    in_quotes(definition.name) + " yet. Run " + command +
                                    " to make it"};
}

Result<std::optional<Json>> HttpConnector::find(const std::string& name) {
  TQ_ASSIGN(const auto records, api_.list("/api/connectors?name=" + percent_encode(name),
                                          "looking for the connector record " + in_quotes(name),
                                          "read connectors", cancel_));
  const auto [found, count] = lowest_named(records, name);
  if (count > 1)
    log_.warning(Event::kThreatqForm,
                 "several connector records have the same name; the one with the lowest id is used",
                 {{"record", name}, {"id", id_text(*found)}, {"of", std::to_string(count)}});
  if (found == nullptr) return std::optional<Json>();
  return std::optional<Json>(*found);
}

// An answer that does not come may hide a record that was made, so each failure looks by name
// before anything is sent again.
Result<std::string> HttpConnector::make(const ConnectorDefinition& definition) {
  Json body = {
      {"name", definition.name}, {"namespace", definition.name_space}, {"category", "Labs"}};
  if (!definition.default_status.empty()) {
    TQ_ASSIGN(body["indicator_status_id"], status_id(definition.default_status));
  }
  body["custom_fields"] = form_changes(Json::object(), definition).fields;
  const std::string what = "making the connector record " + in_quotes(definition.name);
  for (int attempt = 1;; ++attempt) {
    auto made = write("POST", "/api/connectors", body, what, "create connectors");
    if (!made &&
        (made.error().status == Status::kCancelled || made.error().status == Status::kAuth))
      return std::move(made.error());
    if (made && made->doubt.empty()) {
      const std::string id = id_text(*record_in(made->answer));
      log_.info(Event::kThreatqForm, "a connector record was made in ThreatQ; it is switched off",
                {{"record", definition.name}, {"id", id}});
      return id;
    }
    TQ_ASSIGN(const std::optional<Json> found, find(definition.name));
    // A gateway says 503 after the record was made, too, whether or not with a time to come back.
    const bool open = !made && (made.error().status == Status::kTransient ||
                                made.error().http_status == kUnavailable);
    if (found) {
      if (made) note_settled(what, made->doubt);
      existed_ = !made && !open;
      return update(definition, *found);
    }
    if (made) return api_.not_done(what, made->doubt);
    if (!open || attempt == kAttempts) return with_a_way_out(std::move(made.error()));
    const uint64_t wait_ms =
        std::max(made.error().retry_after_ms, world_.jitter(kFirstBackoffMs << attempt));
    if (world_.sleep_ms(wait_ms, cancel_)) return cancelled();
  }
}

Result<Json> HttpConnector::get(const std::string& record, const std::string& what) {
  constexpr std::string_view kRight = "read connectors";
  auto answer = api_.ask({"GET", connector_target(record), nullptr, what}, kRight, cancel_);
  if (!answer) {
    if (answer.error().http_status != 404) return std::move(answer.error());
    return Error{Status::kConfig,
                 api_.place() + " no longer has " + title(record) +
                     ". Run tqhost configure to make a new one",
                 "", 404};
  }
  const Json* found = record_in(*answer);
  if (found != nullptr) return *found;
  return api_.failure(Status::kAuth, what,
                      "the answer holds no record. Give " + api_.user() +
                          " a role in ThreatQ that may " + std::string(kRight));
}

Result<Written> HttpConnector::write(std::string_view method, const std::string& target,
                                     const Json& body, const std::string& what,
                                     std::string_view right) {
  std::string text = dump_json(body);
  const std::string effect = std::string(method) + " " + target;
  const bool once = method == "POST";
  world_.reach("before " + effect);
  auto written = api_.change({method, target, secret_body(&text), what, once}, right, cancel_);
  if (!written) return written;
  world_.reach("after " + effect);
  if (!written->doubt.empty()) return written;
  const Json* record = record_in(written->answer);
  if (record == nullptr) {
    written->doubt = "one that holds no record";
  } else if (method == "PUT" && connector_target(id_text(*record)) != target) {
    written->doubt = "one that holds another record";
  }
  return written;
}

void HttpConnector::note_settled(const std::string& what, const std::string& doubt) {
  log_.info(Event::kThreatqForm,
            "an answer was not the documented one, but ThreatQ was asked what stands, and it is "
            "what was written",
            {{"record", name_}, {"call", what}, {"answer", doubt}});
}

Result<uint64_t> HttpConnector::status_id(const std::string& name) {
  auto id = names_.id(NameKind::kStatus, name, cancel_);
  if (!id && id.error().status == Status::kConfig)
    return std::move(id.error()).in("the default status of " + in_quotes(name_));
  return id;
}

Result<ConnectorState> HttpConnector::read(const std::string& record) {
  const std::string what = "reading " + title(record);
  TQ_ASSIGN(const Json found, get(record, what));
  const auto fields = custom_fields(found);
  if (!fields) return api_.failure(fields.error().status, what, fields.error().message);
  ConnectorState state;
  state.enabled = switched_on(found.value("is_active", Json()));
  for (const auto& [key, field] : fields->items())
    if (Json value = field_value(field); !value.is_null()) state.values[key] = std::move(value);
  for (const auto& [key, old] : moved_)
    if (const auto value = state.values.find(old); value != state.values.end())
      state.values.emplace(key, value->second);
  if (const auto id = default_status_id(found)) {
    TQ_ASSIGN(const auto names, names_.all(NameKind::kStatus, cancel_));
    if (const auto name = names->find(*id); name != names->end()) {
      state.default_status = name->second;
    } else {
      log_.warning(Event::kThreatqForm, "the record's default status is not in ThreatQ's list",
                   {{"record", title(record)}, {"status_id", std::to_string(*id)}});
    }
  }
  return state;
}

Result<void> HttpConnector::report(const std::string& record, const LastRun& run) {
  if (!run.ok) return {};
  const std::string what = "telling the last run to " + title(record);
  const Json body = {{"last_import_at", format_timestamp(run.ended_ms)},
                     {"last_import_count", run.count}};
  TQ_ASSIGN(const Written written,
            write("PUT", connector_target(record), body, what, "change connectors"));
  if (written.doubt.empty()) return {};
  TQ_ASSIGN(const Json stands, get(record, what));
  const auto count = stands.find("last_import_count");
  if (!same_second(text_at(stands, "last_import_at"), text_at(body, "last_import_at")) ||
      count == stands.end() || as_id(*count) != run.count)
    return api_.not_done(what, written.doubt);
  note_settled(what, written.doubt);
  return {};
}

// Our own form, all of it here. A ThreatQ without it says so in one of several ways. Asking again
// gives the same pair, so an answer that was lost, or is not believed, does no harm.
Result<std::optional<OauthPair>> HttpConnector::credentials(const std::string& record) {
  const std::string what = "asking for a private OAuth client of " + title(record);
  const std::string target = connector_target(record) + "/gate_oauth2_client";
  world_.reach("before POST " + target);
  auto answer = api_.change({"POST", target, nullptr, what}, "create OAuth clients", cancel_);
  if (!answer) {
    for (const int none : {403, 404, 405, 501})
      if (answer.error().http_status == none) return std::optional<OauthPair>();
    return std::move(answer.error());
  }
  world_.reach("after POST " + target);
  if (!answer->doubt.empty())
    return api_.failure(Status::kTransient, what, "the answer was " + answer->doubt);
  const Json* data = json_at(answer->answer, "/data");
  OauthPair pair;
  if (data != nullptr) {
    pair.id = text_at(*data, "client_id");
    std::string secret = text_at(*data, "client_secret");
    log_.redactor().add_value(secret);
    pair.secret = Secret(secret);
    wipe(secret);
  }
  if (pair.id.empty() || pair.secret.empty())
    return api_.failure(Status::kData, what, "the answer holds no client_id and client_secret");
  return std::optional<OauthPair>(std::move(pair));
}

}  // namespace tq
