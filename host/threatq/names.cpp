// SPDX-License-Identifier: Apache-2.0
#include "threatq/names.hpp"

#include <optional>
#include <vector>

#include "core/text.hpp"
#include "threatq/ids.hpp"

namespace tq {

namespace {

const std::string* find_name(const Names::ById& names, uint64_t id) {
  const auto found = names.find(id);
  return found == names.end() ? nullptr : &found->second;
}

std::optional<uint64_t> find_id(const Names::ById& names, const std::string& name) {
  for (const auto& [id, text] : names)
    if (equal_no_case(text, name)) return id;
  return std::nullopt;
}

}  // namespace

Names::Known Names::known(NameKind kind) {
  const std::lock_guard lock(mutex_);
  return known_[static_cast<int>(kind)];
}

Result<Names::Known> Names::all(NameKind kind, const Cancel& cancel) {
  Known names = known(kind);
  return names ? names : fetch(kind, cancel);
}

Result<std::string> Names::name(NameKind kind, uint64_t id, const Cancel& cancel) {
  if (const Known before = known(kind))
    if (const std::string* name = find_name(*before, id)) return *name;
  TQ_ASSIGN(const Known names, fetch(kind, cancel));
  if (const std::string* name = find_name(*names, id)) return *name;
  const bool type = kind == NameKind::kType;
  const std::string thing = type ? "type" : "status", things = type ? "types" : "statuses";
  return Error{Status::kTransient,
               api_.place() + " sends indicators whose " + thing + " has the id " +
                   std::to_string(id) + ", and its list of " + things + " (" +
                   std::to_string(names->size()) + ") has none with it. Check that " + api_.user() +
                   " may read all indicator " + things + ". It is tried again later"};
}

Result<uint64_t> Names::id(NameKind kind, const std::string& name, const Cancel& cancel) {
  if (const Known before = known(kind))
    if (const auto id = find_id(*before, name)) return *id;
  TQ_ASSIGN(const Known known, fetch(kind, cancel));
  if (const auto id = find_id(*known, name)) return *id;
  std::vector<std::string> names;
  for (const auto& [id, text] : *known) names.push_back(text);
  return Error{Status::kConfig, std::string(kind == NameKind::kType ? "type" : "status") + " \"" +
                                    printable(name) +
                                    "\" is not known to ThreatQ; it knows: " + join(names, ", ")};
}

// Nothing is held while the server thinks; two threads may ask, with equal answers.
Result<Names::Known> Names::fetch(NameKind kind, const Cancel& cancel) {
  const bool types = kind == NameKind::kType;
  TQ_ASSIGN(const auto items,
            api_.list(types ? "/api/indicator/types" : "/api/indicator/statuses",
                      types ? "reading the indicator types" : "reading the indicator statuses",
                      "read indicator types and statuses", cancel));
  ById names;
  for (const Json& item : items) {
    const auto id = read_id(item);
    std::string name = text_at(item, "name");
    if (id && !name.empty()) names.emplace(*id, std::move(name));
  }
  const Known fetched = std::make_shared<const ById>(std::move(names));
  const std::lock_guard lock(mutex_);
  known_[static_cast<int>(kind)] = fetched;
  return fetched;
}

}  // namespace tq
