// SPDX-License-Identifier: Apache-2.0
// ReadAhead: the cursor: one thread fetches and parses pages into a bounded queue, the reader takes
// them out. The pages' memory goes round. Members from one thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "threatq/client.hpp"
#include "threatq/pages.hpp"

namespace tq {

class ReadAhead : public IndicatorCursor {
 public:
  // `cancel`, and what the pages refer to, outlive the cursor. At most `pages_ahead` pages wait.
  ReadAhead(CollectionInfo info, SearchSpec spec, uint32_t pages_ahead, Api& api, Names& names,
            World& world, Log& log, const Cancel& cancel);
  ~ReadAhead() override;

  Result<const IndicatorBatch*> next() override;
  const CollectionInfo& info() const override;
  const std::string* type_name(uint32_t index) const override { return pages_.types().name(index); }
  const std::string* status_name(uint32_t index) const override {
    return pages_.statuses().name(index);
  }

 private:
  struct Page {
    PageRows rows;
    std::optional<uint64_t> total;
  };
  using PagePtr = std::unique_ptr<Page>;

  void fetch_all();
  PagePtr blank_page();
  Result<PagePtr> take_page();

  mutable CollectionInfo info_;
  const size_t pages_ahead_;
  const Cancel& cancel_;
  Cancel stop_;  // of the thread's requests: by cancel_, or by the end of the cursor
  Pages pages_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<PagePtr> ready_, blank_;  // first in, first out; few
  bool whole_ = false;                  // the thread is done, and well
  std::optional<Error> failed_;         // the thread is done, and not

  PagePtr current_;  // of the reader
  size_t next_batch_ = 0;
  std::thread thread_;
};

}  // namespace tq
