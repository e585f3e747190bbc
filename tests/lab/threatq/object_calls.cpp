// SPDX-License-Identifier: Apache-2.0
// Objects of other kinds than indicators: created, consumed, listed, searched, deleted.
#include "lab/threatq/handlers.hpp"
#include "lab/threatq/object_match.hpp"
#include "lab/threatq/search.hpp"
#include "lab/threatq/wildcard.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kDefaultLimit = 25;

const ObjectKind& kind_of(const State& state, const Call& call) {
  return *state.catalogue.kind(call.parts[0]);  // the route has checked it
}

const Json& object_of(const State& state, const Call& call) {
  const Json* object = state.objects.find(call.parts[0], call.id(1));
  if (object == nullptr) not_found(call.request.path);
  return *object;
}

Json page_of(const std::vector<Json>& all, std::size_t offset, std::size_t limit) {
  Json page = Json::array();
  for (std::size_t i = offset; i < all.size() && page.size() < limit; ++i) page.push_back(all[i]);
  return page;
}

}  // namespace

Response create_objects(State& state, const Call& call) {
  const Json body = call.json();
  if (body.is_array()) return consume_objects(state, call);
  return data(state.objects.put(kind_of(state, call), body), 201);
}

Response consume_objects(State& state, const Call& call) {
  const Json body = call.json();
  if (!body.is_array()) throw Refusal(400, "the body must be a list of objects");
  const ObjectKind& kind = kind_of(state, call);
  Json taken = Json::array();
  for (const Json& item : body) {
    taken.push_back(state.objects.put(kind, item));
    const ObjectRef self{kind.collection, taken.back()["id"].get<std::uint64_t>()};
    for (const Json& other : item.value("indicators", Json::array())) {
      const Json id = other.is_object() ? other.value("id", Json()) : Json();
      if (!id.is_number_unsigned() || !find_indicator(state, id.get<std::uint64_t>()))
        invalid("indicators", "the ids of indicators are needed");
      state.links.add(self, {"indicators", id.get<std::uint64_t>()});
    }
  }
  return data_list(std::move(taken), 201);
}

Response list_kind(State& state, const Call& call) {
  const std::string identity = kind_of(state, call).identity;
  const auto pattern = call.request.parameter(identity);
  const std::string id = call.text("id");
  std::vector<Json> found;
  for (const auto& [object_id, object] : state.objects.all(call.parts[0])) {
    if (pattern && !wildcard_match(*pattern, object[identity].get<std::string>())) continue;
    if (id.starts_with('>') ? object_id <= after_greater(id)
                            : !id.empty() && object_id != call.number("id"))
      continue;
    found.push_back(object);
  }
  const std::size_t limit = call.number("limit").value_or(found.size());
  return Response::json(200, {{"total", found.size()},
                              {"data", page_of(found, call.number("offset").value_or(0), limit)}});
}

Response get_object(State& state, const Call& call) { return data(object_of(state, call)); }

Response delete_object(State& state, const Call& call) {
  const ObjectRef ref{call.parts[0], object_of(state, call)["id"].get<std::uint64_t>()};
  state.links.remove_all(ref);
  state.objects.remove(ref.kind, ref.id);
  return no_content();
}

Response search_objects(State& state, const Call& call, const Json& query) {
  const ObjectKind& kind = kind_of(state, call);
  const std::size_t limit = call.number("limit").value_or(kDefaultLimit);
  check_limit(state, limit);
  const ParsedQuery parsed = read_query(state, query, now());
  std::vector<Json> found;
  for (const auto& [id, object] : state.objects.all(kind.collection))
    if (object_matches(parsed.query, object, kind)) found.push_back(object);
  const std::size_t offset = call.number("offset").value_or(0);
  return Response::json(200, {{"total", found.size()},
                              {"limit", limit},
                              {"offset", offset},
                              {"data", page_of(found, offset, limit)}});
}

Response query_objects(State& state, const Call& call) {
  return search_objects(state, call, call.object());
}

}  // namespace lab::threatq
