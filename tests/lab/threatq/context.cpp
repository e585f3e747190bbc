// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/context.hpp"

#include <algorithm>
#include <array>

#include "lab/threatq/scramble.hpp"

namespace lab::threatq {
namespace {

// Derived rows have ids of four times their indicator's and a bit more; written ones start above.
constexpr std::uint64_t kFirstWrittenId = 100'000'000'000;
constexpr std::uint64_t kContextSeed = 77;

constexpr std::array<const char*, 4> kSources = {"Emerging Threats", "abuse.ch", "AlienVault OTX",
                                                 "Internal Sandbox"};
constexpr std::array<const char*, 4> kTags = {"crimeware", "apt", "phishing", "botnet"};
constexpr std::array<const char*, 2> kAttributes = {"Confidence", "Malware Family"};
constexpr std::array<const char*, 4> kFamilies = {"Emotet", "QakBot", "Agent Tesla", "Lumma"};

}  // namespace

ContextStore::ContextStore(const IndicatorStore& store) : store_(store), last_id_(kFirstWrittenId) {
  for (const char* name : kSources) source_names_.id(name);
  for (const char* name : kTags) tag_names_.id(name);
  for (const char* name : kAttributes) attribute_names_.id(name);
}

// As feeds make them: one source, an attribute or two, a tag on some.
Context ContextStore::derived(Row row) const {
  const IndicatorId id = store_.id(row);
  const std::uint64_t dice = scrambled(kContextSeed, id);
  const std::uint64_t base = std::uint64_t{id} * 4;
  const Seconds created = store_.created(row);
  Context result;
  result.published = created;
  const std::size_t source = dice % kSources.size();
  result.sources.push_back(
      {base, source + 1, kSources[source], "connectors", std::nullopt, created, created});
  const std::string confidence = std::to_string(dice / 8 % 101);
  result.attributes.push_back(
      {base + 1, 1, kAttributes[0], confidence, {kSources[source]}, {}, created, created});
  if (dice / 1024 % 3 == 0) {
    const char* family = kFamilies[dice / 4096 % kFamilies.size()];
    result.attributes.push_back(
        {base + 2, 2, kAttributes[1], family, {kSources[source]}, {}, created, created});
  }
  if (dice / 65536 % 4 == 0) {
    const std::size_t tag = dice / 262144 % kTags.size();
    result.tags.push_back({tag + 1, kTags[tag]});
  }
  return result;
}

Context ContextStore::get(Row row) const {
  const auto found = written_.find(row);
  if (found != written_.end()) return found->second;
  return store_.generated(row) ? derived(row) : Context{};
}

Context& ContextStore::edit(Row row) {
  const auto found = written_.find(row);
  if (found != written_.end()) return found->second;
  return written_.emplace(row, store_.generated(row) ? derived(row) : Context{}).first->second;
}

bool ContextStore::add_attribute(Context& to, const Attribute& attribute, bool overwrite) {
  const auto same_name = [&](const Attribute& other) { return other.name == attribute.name; };
  for (const Attribute& other : to.attributes) {
    if (same_name(other) && other.value == attribute.value) return false;
  }
  const auto old = std::find_if(to.attributes.begin(), to.attributes.end(), same_name);
  if (overwrite && old != to.attributes.end()) {
    old->value = attribute.value;
    old->updated = now();
    return true;
  }
  to.attributes.push_back(attribute);
  Attribute& added = to.attributes.back();
  added.id = next_id();
  added.attribute_id = attribute_names_.id(attribute.name);
  added.created = added.updated = now();
  return true;
}

bool ContextStore::add_source(Context& to, const Source& source) {
  for (Source& other : to.sources) {
    if (other.name != source.name) continue;
    if (!source.tlp_id || other.tlp_id == source.tlp_id) return false;
    other.tlp_id = source.tlp_id;
    return true;
  }
  to.sources.push_back(source);
  to.sources.back().pivot_id = next_id();
  to.sources.back().source_id = source_names_.id(source.name);
  to.sources.back().created = now();
  return true;
}

bool ContextStore::add_tag(Context& to, const std::string& name) {
  for (const Tag& other : to.tags) {
    if (other.name == name) return false;
  }
  to.tags.push_back({tag_names_.id(name), name});
  return true;
}

void ContextStore::add_comment(Context& to, const std::string& value, const std::string& author) {
  to.comments.push_back({next_id(), value, author, now()});
}

}  // namespace lab::threatq
