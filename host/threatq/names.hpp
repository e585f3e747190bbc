// SPDX-License-Identifier: Apache-2.0
// Names: what ids of types and statuses are called in this ThreatQ; they differ between servers, so
// they are asked for when something carries an id only or a name has to become one. Any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "threatq/api.hpp"

namespace tq {

enum class NameKind { kType = 0, kStatus = 1 };

// Where a page's parser asks for the name behind an id.
class NameLookup {
 public:
  virtual ~NameLookup() = default;
  // E_TRANSIENT: the server lists no such id.
  virtual Result<std::string> name(NameKind kind, uint64_t id) = 0;
};

class Names {
 public:
  explicit Names(Api& api) : api_(api) {}  // which outlives this

  // One that is not known makes the list be asked for anew, once: it may have been made meanwhile.
  // E_TRANSIENT when it is not there either, since what such rows are decides what is deleted.
  Result<std::string> name(NameKind kind, uint64_t id, const Cancel& cancel);
  // By id.
  using ById = std::map<uint64_t, std::string>;
  using Known = std::shared_ptr<const ById>;
  Result<Known> all(NameKind kind, const Cancel& cancel);
  // Letter case does not count. Asked for anew like name(). E_CONFIG names those that there are.
  Result<uint64_t> id(NameKind kind, const std::string& name, const Cancel& cancel);

 private:
  Known known(NameKind kind);
  // In the place of what was known.
  Result<Known> fetch(NameKind kind, const Cancel& cancel);

  Api& api_;
  std::mutex mutex_;
  Known known_[2];  // null: not asked for yet
};

}  // namespace tq
