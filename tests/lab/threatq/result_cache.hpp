// SPDX-License-Identifier: Apache-2.0
// The sorted rows of the last few searches, so that reading page after page does not search again
// for each. All members are thread safe; results stay valid as long as somebody holds them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lab/threatq/store.hpp"

namespace lab::threatq {

using Rows = std::shared_ptr<const std::vector<Row>>;

class ResultCache {
 public:
  // The rows kept under this key and version of the store, or those that `search` finds now.
  Rows get(const std::string& key, std::uint64_t version,
           const std::function<std::vector<Row>()>& search);

 private:
  static constexpr std::size_t kKept = 4;
  struct Entry {
    std::string key;
    std::uint64_t version;
    Rows rows;
  };

  std::mutex mutex_;
  std::deque<Entry> entries_;  // the last one used stands first
};

}  // namespace lab::threatq
