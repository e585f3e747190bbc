// SPDX-License-Identifier: Apache-2.0
// Relations between objects: /api/{kind}/{id}/{kind2}.
#include "lab/threatq/handlers.hpp"
#include "lab/threatq/indicator_text.hpp"
#include "lab/threatq/item_reader.hpp"

namespace lab::threatq {
namespace {

// Null when there is none.
Json object_json(const State& state, const ObjectRef& ref, std::string_view with) {
  if (ref.kind != "indicators") {
    const Json* object = state.objects.find(ref.kind, ref.id);
    return object == nullptr ? Json() : *object;
  }
  const auto row = find_indicator(state, ref.id);
  return row ? indicator_json(state, *row, with) : Json();
}

// The object that the path begins with, or 404.
ObjectRef first_object(const State& state, const Call& call) {
  const ObjectRef ref{call.parts[0], call.id(1)};
  if (object_json(state, ref, "").is_null()) not_found(call.request.path);
  return ref;
}

Json linked_json(const State& state, const Link& link, const ObjectRef& from,
                 std::string_view with) {
  Json object = object_json(state, link.other, with);
  object["pivot"] = {{"id", link.pivot_id}, {"from", from.id}, {"to", link.other.id}};
  return object;
}

}  // namespace

Response list_links(State& state, const Call& call) {
  const ObjectRef from = first_object(state, call);
  Json objects = Json::array();
  for (const Link& link : state.links.of(from, call.parts[2]))
    objects.push_back(linked_json(state, link, from, call.text("with")));
  return data_list(std::move(objects));
}

Response add_links(State& state, const Call& call) {
  const ObjectRef from = first_object(state, call);
  std::vector<ObjectRef> others;
  for (const Json& item : one_or_more(call.json())) {
    const Json id = item.is_object() ? item.value("id", Json()) : Json();
    if (!id.is_number_unsigned()) invalid("id", "the id of an object is needed");
    others.push_back({call.parts[2], id.get<std::uint64_t>()});
    if (object_json(state, others.back(), "").is_null())
      invalid("id", "there is no " + call.parts[2] + ' ' + id.dump());
  }
  Json objects = Json::array();
  for (const ObjectRef& other : others) {
    const std::uint64_t pivot = state.links.add(from, other);
    objects.push_back(linked_json(state, {pivot, other}, from, ""));
  }
  if (from.kind == "indicators") state.store.touch(find_indicator(state, from.id).value());
  return data_list(std::move(objects), 201);
}

Response delete_links(State& state, const Call& call) {
  const ObjectRef from = first_object(state, call);
  const Json pivots = call.json();
  if (!pivots.is_array() || pivots.empty())
    throw Refusal(400, "the body must be a list of pivot ids");
  for (const Json& pivot : pivots) {
    if (!pivot.is_number_unsigned()) throw Refusal(400, "a pivot id must be a number");
    if (!state.links.remove(from, call.parts[2], pivot.get<std::uint64_t>()))
      not_found("link with the pivot id " + pivot.dump());
  }
  return no_content();
}

}  // namespace lab::threatq
