// SPDX-License-Identifier: Apache-2.0
// ReadAhead: the cursor: from the first next() on, one thread fetches and parses pages into a
// bounded queue, and the reader takes them out. A cursor that is only open costs no thread. Where
// there is no thread to be had, each page is read when it is asked for. The pages' memory goes
// round, and is freed at the end. Members from one thread. Readers: how many cursors may have
// threads at once; any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/thread.hpp"
#include "threatq/client.hpp"
#include "threatq/pages.hpp"

namespace tq {

class Readers {
 public:
  // Each has two threads and some pages in memory; who reads more collections than that side by
  // side waits for the plugin anyway.
  static constexpr int kMost = 4;

  bool take() {
    if (count_.fetch_add(1) < kMost) return true;
    give_back();
    return false;
  }
  void give_back() { count_.fetch_sub(1); }
  int count() const { return count_; }

 private:
  std::atomic<int> count_{0};
};

class ReadAhead : public IndicatorCursor {
 public:
  // `cancel`, `readers`, and what the pages refer to, outlive the cursor. At most `pages_ahead`
  // pages wait.
  ReadAhead(CollectionInfo info, SearchSpec spec, uint32_t pages_ahead, Readers& readers, Api& api,
            Names& names, World& world, Log& log, const Cancel& cancel);
  ~ReadAhead() override;

  Result<const IndicatorBatch*> next() override;
  const CollectionInfo& info() override;
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

  void stop();
  bool over() const { return whole_ || failed_; }
  void start_reading();
  void stop_reading();
  void fetch_all();
  void fetch_here();
  Result<bool> fetch(PagePtr page);
  PagePtr blank_page();
  Result<PagePtr> take_page();

  CollectionInfo info_;
  const size_t pages_ahead_;
  Readers& readers_;
  const Cancel& cancel_;
  Cancel stop_;  // of the requests: by cancel_, or by the end of the cursor
  Pages pages_;  // of the thread while it runs

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PagePtr> ready_, blank_;  // first in, first out; few
  bool whole_ = false;                  // everything was fetched
  std::optional<Error> failed_;         // fetching has ended with this

  bool begun_ = false;  // next() was called
  PagePtr current_;     // of the reader
  size_t next_batch_ = 0;
  Thread thread_;
  OnCancel follow_;  // last: the end of it comes first
};

}  // namespace tq
