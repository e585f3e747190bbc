// SPDX-License-Identifier: Apache-2.0
#include "threatq/cursor.hpp"

#include <algorithm>

namespace tq {
namespace {

constexpr const char* kDoing = "reading ThreatQ";

}  // namespace

ReadAhead::ReadAhead(CollectionInfo info, SearchSpec spec, uint32_t pages_ahead, Readers& readers,
                     Api& api, Names& names, World& world, Log& log, const Cancel& cancel)
    : info_(std::move(info)),
      pages_ahead_(std::max<size_t>(pages_ahead, 1)),
      readers_(readers),
      cancel_(cancel),
      pages_(std::move(spec), api, names, world, log, stop_),
      follow_(cancel, [this] { stop(); }) {}

ReadAhead::~ReadAhead() {
  stop();
  stop_reading();
}

// Any thread.
void ReadAhead::stop() {
  stop_.cancel();
  const std::lock_guard lock(mutex_);  // so that nobody is between a look and a wait
  changed_.notify_all();
}

// Unless there are readers enough or no more threads: then it is tried again with the next page.
void ReadAhead::start_reading() {
  if (thread_.running() || over() || !readers_.take()) return;
  const auto started = contain(kDoing, [this]() -> Result<void> {
    pages_.read_ahead(true);
    TQ_ASSIGN(thread_, Thread::start([this] { fetch_all(); }));
    return {};
  });
  if (started) return;
  pages_.read_ahead(false);
  readers_.give_back();
}

// REQUIRES: fetching is over, or stop_ is cancelled.
void ReadAhead::stop_reading() {
  if (!thread_.running()) return;
  thread_.join();
  readers_.give_back();
  pages_.free_memory();
  blank_.clear();
}

void ReadAhead::fetch_all() {
  auto outcome = contain(kDoing, [this]() -> Result<void> {
    while (true) {
      PagePtr page = blank_page();
      if (!page) return cancelled();
      TQ_ASSIGN(const bool more, fetch(std::move(page)));
      if (!more) return {};
    }
  });
  const std::lock_guard lock(mutex_);
  if (!outcome) failed_ = std::move(outcome.error());
  changed_.notify_all();
}

// The same on the reader's own thread, one page.
void ReadAhead::fetch_here() {
  auto outcome = contain(kDoing, [this]() -> Result<void> {
    TQ_TRY(fetch(blank_.empty() ? std::make_unique<Page>() : std::move(blank_.back())));
    return {};
  });
  blank_.clear();
  if (!outcome) failed_ = std::move(outcome.error());
}

// False: there was no more.
Result<bool> ReadAhead::fetch(PagePtr page) {
  TQ_ASSIGN(const bool more, pages_.read(&page->rows));
  page->total = pages_.total();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
  whole_ = !more;
  if (more) ready_.push_back(std::move(page));
  return more;
}

// Waits while enough pages are ready; null when stopped.
ReadAhead::PagePtr ReadAhead::blank_page() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.size() < pages_ahead_ || stop_.cancelled(); });
  if (stop_.cancelled()) return nullptr;
  if (blank_.empty()) return std::make_unique<Page>();
  PagePtr page = std::move(blank_.back());
  blank_.pop_back();
  return page;
}

// The first page is kept for next(), and nothing else of what reading it took: many collections may
// be asked before one is read.
const CollectionInfo& ReadAhead::info() {
  if (begun_ || over() || !ready_.empty()) return info_;
  fetch_here();
  if (whole_) info_.total = pages_.total();
  if (!ready_.empty()) info_.total = ready_.front()->total;
  pages_.free_memory();
  return info_;
}

Result<const IndicatorBatch*> ReadAhead::next() {
  if (cancel_.cancelled()) return cancelled();
  begun_ = true;
  if (!current_ || next_batch_ == current_->rows.size()) {
    TQ_ASSIGN(PagePtr page, take_page());
    if (!page) return nullptr;
    current_ = std::move(page);
    next_batch_ = 0;
    if (current_->total) info_.total = current_->total;
  }
  return &current_->rows[next_batch_++];
}

// The next page, null at the end; the one before is used again.
Result<ReadAhead::PagePtr> ReadAhead::take_page() {
  {
    const std::lock_guard lock(mutex_);
    if (current_) blank_.push_back(std::move(current_));
  }
  start_reading();
  if (!thread_.running() && ready_.empty() && !over()) fetch_here();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || over() || stop_.cancelled(); });
    if (ready_.empty() && !over()) return cancelled();
    if (!ready_.empty()) {
      PagePtr page = std::move(ready_.front());
      ready_.erase(ready_.begin());
      changed_.notify_all();
      return page;
    }
  }
  stop_reading();
  info_.total = pages_.total();
  if (failed_) return *failed_;
  return PagePtr();
}

}  // namespace tq
