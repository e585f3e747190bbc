// SPDX-License-Identifier: Apache-2.0
// Names: what ids of types and statuses are called in this ThreatQ; they differ between servers, so
// they are asked for, once, when something carries an id only or a name has to become one. Any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
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
  // "type 99" when the server knows no such id.
  virtual Result<std::string> name(NameKind kind, uint64_t id) = 0;
};

class Names {
 public:
  explicit Names(Api& api) : api_(api) {}  // which outlives this

  Result<std::string> name(NameKind kind, uint64_t id, const Cancel& cancel);
  // By id.
  using ById = std::map<uint64_t, std::string>;
  Result<const ById*> all(NameKind kind, const Cancel& cancel);
  // Letter case does not count. E_CONFIG names those that there are.
  Result<uint64_t> id(NameKind kind, const std::string& name, const Cancel& cancel);

 private:
  Result<ById> fetch(NameKind kind, const Cancel& cancel);

  Api& api_;
  std::mutex mutex_;
  std::optional<ById> known_[2];
};

}  // namespace tq
