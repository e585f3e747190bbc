// SPDX-License-Identifier: Apache-2.0
// Legacy exports: each has a token of its own, and remembers how far each differential reader is.
// The caller locks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lab::threatq {

struct Export {
  std::string token;
  std::string collection;                          // empty: everything
  std::map<std::string, std::uint64_t> positions;  // version of the store by differential hash
};

class Exports {
 public:
  // As in --export: ID:TOKEN or ID:TOKEN:COLLECTION. Throws std::runtime_error.
  explicit Exports(const std::vector<std::string>& options);

  // Null when there is none.
  Export* find(std::uint64_t id);

 private:
  std::map<std::uint64_t, Export> exports_;
};

}  // namespace lab::threatq
