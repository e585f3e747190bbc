// SPDX-License-Identifier: Apache-2.0
// What hangs on one indicator: attributes, sources, tags, comments.
#include <algorithm>

#include "lab/threatq/handlers.hpp"
#include "lab/threatq/indicator_text.hpp"
#include "lab/threatq/item_reader.hpp"

namespace lab::threatq {
namespace {

template <typename Item, typename Append>
Json json_list(const std::vector<Item>& items, Append append_one) {
  std::string text;
  append_array(items, text, append_one);
  return Json::parse(text);
}

auto attribute_appender(const State& state, Row row) {
  return [owner = owner_of(state, row)](const Attribute& attribute, std::string& to) {
    append_attribute(attribute, owner, {}, to);
  };
}

auto source_appender(const State& state, Row row) {
  return [owner = owner_of(state, row)](const Source& source, std::string& to) {
    append_source(source, owner, to);
  };
}

// The row with the id in the path, or 404.
template <typename Item, typename Id>
auto with_id(std::vector<Item>& items, const Call& call, Id Item::*id) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const Item& item) { return item.*id == call.id(1); });
  if (found == items.end()) not_found(call.request.path);
  return found;
}

}  // namespace

Response list_attributes(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  return data_list(json_list(state.contexts.get(row).attributes, attribute_appender(state, row)));
}

// "total" tells how many were added; the list has all that were named.
Response add_attributes(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  std::vector<WrittenAttribute> written;
  for (const Json& item : one_or_more(call.json())) written.push_back(read_attribute(item));
  Context& context = state.contexts.edit(row);
  std::size_t added = 0;
  std::vector<Attribute> named;
  for (const auto& [attribute, overwrite] : written) {
    if (state.contexts.add_attribute(context, attribute, overwrite)) ++added;
    for (const Attribute& held : context.attributes)
      if (held.name == attribute.name && held.value == attribute.value) named.push_back(held);
  }
  if (added > 0) state.store.touch(row);
  return Response::json(
      added > 0 ? 201 : 200,
      {{"total", added}, {"data", json_list(named, attribute_appender(state, row))}});
}

Response change_attribute(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  const Json body = call.object();
  if (!body.contains("value") || !body["value"].is_string()) invalid("value", "a text is needed");
  const auto attribute = with_id(state.contexts.edit(row).attributes, call, &Attribute::id);
  attribute->value = body["value"].get<std::string>();
  attribute->updated = now();
  state.store.touch(row);
  return data(json_list(std::vector<Attribute>{*attribute}, attribute_appender(state, row))[0]);
}

Response delete_attribute(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  auto& attributes = state.contexts.edit(row).attributes;
  attributes.erase(with_id(attributes, call, &Attribute::id));
  state.store.touch(row);
  return no_content();
}

Response list_sources(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  return data_list(json_list(state.contexts.get(row).sources, source_appender(state, row)));
}

Response add_sources(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  std::vector<Source> written, named;
  for (const Json& item : one_or_more(call.json())) written.push_back(read_source(item));
  Context& context = state.contexts.edit(row);
  bool added = false;
  for (const Source& source : written) {
    added = state.contexts.add_source(context, source) || added;
    for (const Source& held : context.sources)
      if (held.name == source.name) named.push_back(held);
  }
  if (added) state.store.touch(row);
  return data_list(json_list(named, source_appender(state, row)), added ? 201 : 200);
}

// By the id of the pivot, not of the source.
Response delete_source(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  auto& sources = state.contexts.edit(row).sources;
  sources.erase(with_id(sources, call, &Source::pivot_id));
  state.store.touch(row);
  return no_content();
}

Response list_tags(State& state, const Call& call) {
  return data_list(json_list(state.contexts.get(indicator_row(state, call)).tags, append_tag));
}

Response add_tags(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  std::vector<std::string> names;
  for (const Json& item : one_or_more(call.json())) names.push_back(read_tag(item));
  Context& context = state.contexts.edit(row);
  bool added = false;
  std::vector<Tag> named;
  for (const std::string& name : names) {
    added = state.contexts.add_tag(context, name) || added;
    for (const Tag& held : context.tags)
      if (held.name == name) named.push_back(held);
  }
  if (added) state.store.touch(row);
  return data_list(json_list(named, append_tag), added ? 201 : 200);
}

Response delete_tag(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  auto& tags = state.contexts.edit(row).tags;
  tags.erase(with_id(tags, call, &Tag::id));
  state.store.touch(row);
  return no_content();
}

Response list_comments(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  return data_list(indicator_json(state, row, "comments")["comments"]);
}

Response add_comment(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  const std::string value = read_comment(call.object());
  state.contexts.add_comment(state.contexts.edit(row), value, call.who->name);
  state.store.touch(row);
  return data(indicator_json(state, row, "comments")["comments"].back(), 201);
}

}  // namespace lab::threatq
