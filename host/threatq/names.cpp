// SPDX-License-Identifier: Apache-2.0
#include "threatq/names.hpp"

#include <vector>

#include "core/text.hpp"
#include "threatq/ids.hpp"

namespace tq {

Result<const Names::ById*> Names::all(NameKind kind, const Cancel& cancel) {
  std::unique_lock lock(mutex_);
  std::optional<ById>& known = known_[static_cast<int>(kind)];
  if (!known) {
    lock.unlock();  // not held while the server thinks; two threads may ask, with equal answers
    TQ_ASSIGN(ById fetched, fetch(kind, cancel));
    lock.lock();
    if (!known) known = std::move(fetched);
  }
  return &*known;  // never changed again
}

Result<std::string> Names::name(NameKind kind, uint64_t id, const Cancel& cancel) {
  TQ_ASSIGN(const ById* const known, all(kind, cancel));
  const auto found = known->find(id);
  if (found != known->end()) return found->second;
  return (kind == NameKind::kType ? "type " : "status ") + std::to_string(id);
}

Result<uint64_t> Names::id(NameKind kind, const std::string& name, const Cancel& cancel) {
  TQ_ASSIGN(const ById* const known, all(kind, cancel));
  std::vector<std::string> names;
  for (const auto& [id, text] : *known) {
    if (equal_no_case(text, name)) return id;
    names.push_back(text);
  }
  return Error{Status::kConfig, std::string(kind == NameKind::kType ? "type" : "status") + " \"" +
                                    printable(name) +
                                    "\" is not known to ThreatQ; it knows: " + join(names, ", ")};
}

Result<Names::ById> Names::fetch(NameKind kind, const Cancel& cancel) {
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
  return names;
}

}  // namespace tq
