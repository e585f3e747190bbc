// SPDX-License-Identifier: Apache-2.0
// Dictionary: the few names that many rows share, by number. One thread adds; any thread reads.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.hpp"

namespace tq {

class Dictionary {
 public:
  // The number of `name`, a new one at first sight. E_DATA: there are too many for a column.
  Result<uint16_t> index(std::string_view name);

  // Null: no such number. The text stays where it is.
  const std::string* name(uint32_t index) const;

 private:
  mutable std::mutex mutex_;       // for names_, between the adding thread and readers
  std::deque<std::string> names_;  // never moves a name
  std::unordered_map<std::string_view, uint16_t> numbers_;  // of the adding thread alone
  size_t bytes_ = 0;
  std::string_view last_;  // rows in sequence often have the same
  uint16_t last_number_ = 0;
};

}  // namespace tq
