// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/ingest.hpp"

#include <map>

namespace lab::threatq {
namespace {

using Same = std::vector<const WrittenIndicator*>;

// In the order of their first appearance.
std::vector<Same> grouped(const std::vector<WrittenIndicator>& items) {
  std::vector<Same> groups;
  std::map<std::pair<TypeIndex, std::string_view>, std::size_t> places;
  for (const WrittenIndicator& item : items) {
    const auto [place, is_new] =
        places.emplace(std::pair(item.type, std::string_view(item.value)), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(&item);
  }
  return groups;
}

class Ingest {
 public:
  Ingest(State& state, const Account& who) : state_(state), who_(who) {}

  Ingested take(const Same& same);

 private:
  Row create(const WrittenIndicator& item, StatusIndex status);
  bool add_context(const WrittenIndicator& item, Row row);
  void relate(const WrittenRelation& relation, Row row);

  State& state_;
  const Account& who_;
};

Ingested Ingest::take(const Same& same) {
  const WrittenIndicator& first = *same.front();
  const auto status = status_among(same);
  const auto found = state_.store.find(first.type, first.value);
  const StatusIndex fresh =
      status.value_or(state_.catalogue.status(std::string_view("Indirect")).value());
  const Row row = found ? *found : create(first, fresh);
  if (found && status && !state_.catalogue.statuses()[state_.store.status(row)].protects)
    state_.store.set_status(row, *status);
  bool changed = false;
  for (const WrittenIndicator* item : same) changed = add_context(*item, row) || changed;
  if (changed) state_.store.touch(row);
  for (const WrittenIndicator* item : same)
    for (const WrittenRelation& relation : item->relations) relate(relation, row);
  return {row, found.has_value()};
}

Row Ingest::create(const WrittenIndicator& item, StatusIndex status) {
  NewIndicator row;
  row.value = item.value;
  row.type = item.type;
  row.status = status;
  row.created = row.updated = row.touched = now();
  return state_.store.add(row);
}

bool Ingest::add_context(const WrittenIndicator& item, Row row) {
  ContextStore& contexts = state_.contexts;
  Context& context = contexts.edit(row);
  bool changed = false;
  if (item.description && context.description != *item.description) {
    context.description = *item.description;
    changed = true;
  }
  if (item.published) context.published = item.published;
  if (item.last_detected) context.last_detected = item.last_detected;
  for (const auto& [attribute, overwrite] : item.attributes)
    changed = contexts.add_attribute(context, attribute, overwrite) || changed;
  for (const Source& source : item.sources)
    changed = contexts.add_source(context, source) || changed;
  if (item.sources.empty()) changed = contexts.add_source(context, source_of(who_)) || changed;
  for (const std::string& tag : item.tags) changed = contexts.add_tag(context, tag) || changed;
  for (const std::string& comment : item.comments) {
    contexts.add_comment(context, comment, who_.name);
    changed = true;
  }
  return changed;
}

void Ingest::relate(const WrittenRelation& relation, Row row) {
  const ObjectRef self{"indicators", state_.store.id(row)};
  const Json id = relation.item.value("id", Json());
  if (id.is_number_unsigned()) {
    const auto other = id.get<std::uint64_t>();
    const bool known = relation.kind == "indicators"
                           ? find_indicator(state_, other).has_value()
                           : state_.objects.find(relation.kind, other) != nullptr;
    if (!known) invalid(relation.kind, "there is none with the id " + id.dump());
    state_.links.add(self, {relation.kind, other});
  } else if (relation.kind == "indicators") {
    const Ingested other = ingest(state_, who_, Json::array({relation.item}), false).front();
    state_.links.add(self, {relation.kind, state_.store.id(other.row)});
  } else {
    const Json& other = state_.objects.put(*state_.catalogue.kind(relation.kind), relation.item);
    state_.links.add(self, {relation.kind, other["id"].get<std::uint64_t>()});
  }
}

}  // namespace

std::vector<Ingested> ingest(State& state, const Account& who, const Json& items, bool normalise) {
  std::vector<WrittenIndicator> written;
  for (const Json& item : items)
    written.push_back(read_indicator(item, state.catalogue, normalise));
  std::vector<Ingested> result;
  Ingest work(state, who);
  for (const Same& same : grouped(written)) result.push_back(work.take(same));
  return result;
}

std::optional<StatusIndex> status_among(const std::vector<const WrittenIndicator*>& same) {
  for (const WrittenIndicator* item : same)
    if (!item->status) return std::nullopt;
  return same.back()->status;
}

Source source_of(const Account& who) {
  Source source;
  source.name = who.name;
  source.type = who.is_client ? "connectors" : "users";
  return source;
}

}  // namespace lab::threatq
