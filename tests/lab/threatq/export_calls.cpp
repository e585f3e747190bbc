// SPDX-License-Identifier: Apache-2.0
// GET /api/export/{id}: the legacy export, with a token of its own and differential reading.
#include <algorithm>

#include "lab/threatq/handlers.hpp"
#include "lab/threatq/json_text.hpp"
#include "lab/threatq/links.hpp"
#include "lab/threatq/related_text.hpp"
#include "lab/threatq/search.hpp"
#include "lab/threatq/wildcard.hpp"

namespace lab::threatq {
namespace {

std::vector<Row> exported_rows(State& state, const Export& which) {
  Json query = Json::object();
  if (!which.collection.empty()) {
    const SavedSearch* search = state.saved.named(which.collection);
    if (search == nullptr) not_found("collection " + which.collection);
    query = search->api_query();
  }
  return *search_rows(state, query, "id");
}

// Those that are new or changed since the last call with the same hash, in the order of their
// changes. The first call only sets the position, whatever its limit.
std::vector<Row> differential(State& state, Export& which, const std::string& hash,
                              std::vector<Row> rows, std::size_t limit) {
  const auto place = which.positions.find(hash);
  const bool first = place == which.positions.end();
  const std::uint64_t since = first ? 0 : place->second;
  std::erase_if(rows, [&](Row row) { return state.store.changed(row) <= since; });
  std::sort(rows.begin(), rows.end(),
            [&](Row a, Row b) { return state.store.changed(a) < state.store.changed(b); });
  const bool whole = rows.size() <= limit;
  if (!whole) rows.resize(limit);
  if (first || whole) {
    which.positions[hash] = state.store.version();
  } else if (!rows.empty()) {
    which.positions[hash] = state.store.changed(rows.back());
  }
  return rows;
}

void append_pair(const char* first, std::string_view value, std::string& to) {
  to += first;
  append_json(value, to);
  to += '}';
}

void append_row(const State& state, Row row, std::string& to) {
  const IndicatorStore& store = state.store;
  const Context context = state.contexts.get(row);
  to += "{\"id\":" + std::to_string(store.id(row)) + ",\"value\":";
  append_json(store.value(row), to);
  to += ",\"type\":";
  append_json(state.catalogue.types()[store.type(row)].name, to);
  to += ",\"status\":";
  append_json(state.catalogue.statuses()[store.status(row)].name, to);
  to += ",\"score\":" + std::to_string(store.score(row)) + ",\"updated_at\":";
  append_json_time(store.updated(row), to);
  to += ",\"deleted_at\":null,\"attributes\":";
  append_array(context.attributes, to, [](const Attribute& attribute, std::string& out) {
    out += "{\"name\":";
    append_json(attribute.name, out);
    append_pair(",\"value\":", attribute.value, out);
  });
  to += ",\"sources\":";
  append_array(context.sources, to, [](const Source& source, std::string& out) {
    append_pair("{\"value\":", source.name, out);
  });
  to += ",\"adversaries\":";
  append_array(state.links.of({"indicators", store.id(row)}, "adversaries"), to,
               [&](const Link& link, std::string& out) {
                 const Json* other = state.objects.find("adversaries", link.other.id);
                 append_pair("{\"value\":",
                             other == nullptr ? "" : (*other)["name"].get<std::string>(), out);
               });
  to += '}';
}

}  // namespace

Response get_export(State& state, const Call& call) {
  Export* which = state.exports.find(call.id(0));
  if (which == nullptr) not_found("export " + call.parts[0]);
  if (call.text("token") != which->token) throw Refusal(401, "this is not the export's token");
  const std::string hash = call.text("differential");
  std::vector<Row> rows = exported_rows(state, *which);
  if (const std::string above = call.text("id"); !above.empty()) {
    if (!above.starts_with('>')) invalid("id", "must be \">\" and a number");
    const std::size_t last = after_greater(above);
    std::erase_if(rows, [&](Row row) { return state.store.id(row) <= last; });
  }
  const std::size_t limit = call.number("limit").value_or(rows.size());
  if (call.request.parameter("differential")) {
    if (hash.empty()) invalid("differential", "must not be empty");
    rows = differential(state, *which, hash, std::move(rows), limit);
  }
  rows.resize(std::min(rows.size(), limit));
  std::string body;
  append_array(rows, body, [&](Row row, std::string& to) { append_row(state, row, to); });
  return text_response(std::move(body));
}

}  // namespace lab::threatq
