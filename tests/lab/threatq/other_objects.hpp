// SPDX-License-Identifier: Apache-2.0
// Objects of all kinds but indicators: kept as clients gave them. Reading from several threads is
// fine, writing needs the caller's lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lab/service.hpp"
#include "lab/threatq/catalogue.hpp"

namespace lab::threatq {

class OtherObjects {
 public:
  using Kind = std::map<std::uint64_t, Json>;  // by id

  // Creates it, or adds to the one of the same identity and type. Throws Refusal.
  const Json& put(const ObjectKind& kind, const Json& item);
  bool remove(const std::string& kind, std::uint64_t id);

  // Null when there is none.
  const Json* find(const std::string& kind, std::uint64_t id) const;
  const Kind& all(const std::string& kind) const;

 private:
  std::map<std::string, Kind> kinds_;
  std::uint64_t last_id_ = 0;
};

}  // namespace lab::threatq
