// SPDX-License-Identifier: Apache-2.0
// The service's side of the control routes: what it holds, what its users and feeds would change,
// and its own faults.
#include <algorithm>
#include <mutex>

#include "lab/frame/large_text.hpp"
#include "lab/threatq/row_writer.hpp"
#include "lab/threatq/scramble.hpp"
#include "lab/threatq/threatq_service.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kDumpedRowBytes = 400;  // about

RowForm dumped_form() {
  RowForm form = RowForm::of_fields(
      {"id", "value", "type", "status", "score", "created_at", "updated_at", "touched_at"});
  return form;
}

std::vector<Row> living_rows(const IndicatorStore& store) {
  std::vector<Row> rows;
  for (Row row = 0; row < store.rows(); ++row)
    if (store.alive(row)) rows.push_back(row);
  return rows;
}

// So many of them, the same for the same seed, by id.
std::vector<Row> sample(std::vector<Row> rows, std::size_t count, std::uint64_t seed) {
  count = std::min(count, rows.size());
  for (std::size_t i = 0; i < count; ++i)
    std::swap(rows[i], rows[i + scrambled(seed, i) % (rows.size() - i)]);
  rows.resize(count);
  std::sort(rows.begin(), rows.end());
  return rows;
}

Json collection_json(const SavedSearch& search) {
  return {{"id", search.id},
          {"name", search.name ? Json(*search.name) : Json(nullptr)},
          {"hash", search.hash},
          {"owner", search.owner},
          {"shared_with_clients", search.shared_with_clients},
          {"json", search.json}};
}

Json summary(const State& state) {
  std::vector<std::size_t> by_type(state.catalogue.types().size());
  for (Row row = 0; row < state.store.rows(); ++row)
    if (state.store.alive(row)) ++by_type[state.store.type(row)];
  Json types = Json::object();
  for (std::size_t i = 0; i < by_type.size(); ++i)
    if (by_type[i] > 0) types[state.catalogue.types()[i].name] = by_type[i];
  Json objects = Json::object();
  for (const ObjectKind& kind : state.catalogue.kinds())
    if (const std::size_t count = state.objects.all(kind.collection).size(); count > 0)
      objects[kind.collection] = count;
  return {{"indicators", state.store.living()},      {"by_type", std::move(types)},
          {"collections", state.saved.all().size()}, {"connectors", state.connectors.all().size()},
          {"objects", std::move(objects)},           {"links", state.links.size() / 2},
          {"unknown_leaves", state.unknown.all()}};
}

class Change {
 public:
  explicit Change(State& state) : state_(state) {}

  Json apply(const Json& what);

 private:
  std::size_t count(const Json& value) const;
  Json apply_one(const std::string& name, const Json& value, std::uint64_t seed);
  void remove(const std::vector<Row>& rows);
  Json change_collection(const Json& what);
  Json change_connector(const Json& what);
  Json change_manners(const Json& what);

  State& state_;
};

// {"newest": N}, {"oldest": N}, {"random": N, "seed": S}, {"touch": N, "seed": S},
// {"collection": {"name", "private": true}} or {"name", "delete": true},
// {"connector": {"name", "is_active": any, "values": {key: any}, "record": {member: any}}} or
// {"name", "delete": true}, {"form_fields": {"replace": bool, "hide": bool}}, {"proxy": URL};
// several at once.
Json Change::apply(const Json& what) {
  if (!what.is_object() || what.empty()) throw Refusal(400, "an object that names changes");
  const Json seed = what.value("seed", Json(1U));
  if (!seed.is_number_unsigned()) invalid("seed", "must be a number");
  if (what.contains("seed") && what.size() == 1) invalid("seed", "is no change by itself");
  Json changed = Json::object();
  for (const auto& [name, value] : what.items()) {
    if (name != "seed") changed[name] = apply_one(name, value, seed.get<std::uint64_t>());
  }
  return changed;
}

Json Change::apply_one(const std::string& name, const Json& value, std::uint64_t seed) {
  IndicatorStore& store = state_.store;
  if (name == "newest") {
    state_.generator.add_newest(store, count(value));
    return value;
  }
  if (name == "oldest") {
    std::vector<Row> rows = living_rows(store);
    rows.resize(std::min(rows.size(), count(value)));
    remove(rows);
    return rows.size();
  }
  if (name == "random") {
    const std::vector<Row> rows = sample(living_rows(store), count(value), seed);
    remove(rows);
    return rows.size();
  }
  if (name == "touch") {
    const std::vector<Row> rows = sample(living_rows(store), count(value), seed);
    for (const Row row : rows) store.update(row);
    return rows.size();
  }
  if (name == "collection") return change_collection(value);
  if (name == "connector") return change_connector(value);
  if (name == "form_fields") return change_manners(value);
  if (name == "proxy") {
    if (!value.is_string() && !value.is_null()) invalid(name, "must be a URL or null");
    state_.proxy = value.is_string() ? value.get<std::string>() : std::string();
    return value;
  }
  throw Refusal(400, "unknown change \"" + name +
                         "\"; known: newest, oldest, random, touch (with seed), collection, "
                         "connector, form_fields, proxy");
}

std::size_t Change::count(const Json& value) const {
  if (!value.is_number_unsigned()) throw Refusal(400, "a number of indicators is needed");
  return value.get<std::size_t>();
}

void Change::remove(const std::vector<Row>& rows) {
  for (const Row row : rows) remove_indicator(state_, row);
}

Json Change::change_collection(const Json& what) {
  allow_members(what, {"name", "private", "delete"});
  const Json name = what.value("name", Json());
  SavedSearch* search = name.is_string() ? state_.saved.named(name.get<std::string>()) : nullptr;
  if (search == nullptr) invalid("collection", "there is none named " + name.dump());
  if (what.value("delete", Json(false)) == true) {
    state_.saved.remove(name.get<std::string>());
    return what;
  }
  const Json hidden = what.value("private", Json());
  if (!hidden.is_boolean()) invalid("collection", "needs private or delete");
  const Account* owner = state_.accounts.first_user();
  search->owner = hidden == true || owner == nullptr ? 0 : owner->id;
  search->shared_with_clients = hidden == false;
  return what;
}

// How the server treats fields of connector records from now on.
Json Change::change_manners(const Json& what) {
  allow_members(what, {"replace", "hide"});
  FieldManners& manners = state_.connectors.manners;
  for (const auto& [name, value] : what.items()) {
    if (!value.is_boolean()) invalid(name, "must be true or false");
    (name == "hide" ? manners.hides : manners.replaces) = value.get<bool>();
  }
  return what;
}

// What a person does on the connector's page: values as they are typed, whether they fit or not.
// "record" overwrites members of the record as they are, as an older version may have left them.
Json Change::change_connector(const Json& what) {
  allow_members(what, {"name", "is_active", "values", "record", "delete"});
  const Json name = what.value("name", Json());
  Json* record = name.is_string() ? state_.connectors.named(name.get<std::string>()) : nullptr;
  if (record == nullptr) invalid("connector", "there is none named " + name.dump());
  if (what.value("delete", Json(false)) == true) {
    state_.connectors.remove((*record)["id"].get<std::uint64_t>());
    return what;
  }
  Json members = what.value("record", Json::object());
  if (!members.is_object()) invalid("record", "must be an object");
  if (what.contains("is_active")) members["is_active"] = what["is_active"];
  if (what.contains("values")) {
    if (!what["values"].is_object()) invalid("values", "must be an object");
    Json fields =
        members.contains("custom_fields") ? members["custom_fields"] : (*record)["custom_fields"];
    for (const auto& [key, value] : what["values"].items()) {
      if (!fields.is_object() || !fields.contains(key) || !fields[key].is_object())
        invalid("values", "the form has no field \"" + key + '"');
      fields[key]["value"] = value;
    }
    members["custom_fields"] = std::move(fields);
  }
  state_.connectors.overwrite(*record, members);
  return what;
}

}  // namespace

// ?summary=1 gives counts only, and what queries named and is not known.
std::string ThreatqService::dump(const Request& request) {
  const std::shared_lock lock(state_.mutex);
  if (request.parameter("summary") == "1") return summary(state_).dump();
  const RowWriter writer(state_.catalogue, state_.store, state_.contexts, state_.links,
                         dumped_form());
  std::string text = "{\"indicators\":[";
  reserve_large(text, state_.store.living() * kDumpedRowBytes);
  for (Row row = 0; row < state_.store.rows(); ++row) {
    if (!state_.store.alive(row)) continue;
    if (text.back() == '}') text += ',';
    writer.append(row, text);
  }
  Json rest = {
      {"collections", Json::array()}, {"connectors", Json::array()}, {"objects", Json::object()}};
  for (const SavedSearch& search : state_.saved.all())
    rest["collections"].push_back(collection_json(search));
  for (const auto& [id, record] : state_.connectors.all()) rest["connectors"].push_back(record);
  for (const ObjectKind& kind : state_.catalogue.kinds()) {
    for (const auto& [id, object] : state_.objects.all(kind.collection))
      rest["objects"][kind.collection].push_back(object);
  }
  std::string tail = rest.dump();
  tail.front() = ',';
  return text + ']' + tail;
}

Response ThreatqService::change(const Json& what) try {
  const std::unique_lock lock(state_.mutex);
  return Response::json(200, {{"changed", Change(state_).apply(what)}});
} catch (const Refusal& refusal) {
  return Response::json(400, {{"error", refusal.what()}});
}

// Those of PageFaults, and {"expire_tokens": true} (now) or a number (after so many more calls),
// {"clear": true}. Several at once; the first that is not understood ends it.
bool ThreatqService::fault(const Json& what) {
  if (!what.is_object() || what.empty()) return false;
  for (const auto& [name, value] : what.items()) {
    if (name == "expire_tokens" && (value == true || value.is_number_unsigned())) {
      state_.accounts.expire_tokens(value == true ? 0 : value.get<std::uint64_t>());
    } else if (name == "clear" && value == true) {
      state_.faults.clear();
    } else if (!state_.faults.set(name, value)) {
      return false;
    }
  }
  return true;
}

}  // namespace lab::threatq
