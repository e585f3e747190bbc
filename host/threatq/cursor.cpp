// SPDX-License-Identifier: Apache-2.0
#include "threatq/cursor.hpp"

#include <algorithm>
#include <chrono>

namespace tq {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);  // a cancel of the run wakes nobody here

}  // namespace

ReadAhead::ReadAhead(CollectionInfo info, SearchSpec spec, uint32_t pages_ahead, Api& api,
                     Names& names, World& world, Log& log, const Cancel& cancel)
    : info_(std::move(info)),
      pages_ahead_(std::max<size_t>(pages_ahead, 1)),
      cancel_(cancel),
      pages_(std::move(spec), api, names, world, log, stop_),
      thread_([this] { fetch_all(); }) {}

ReadAhead::~ReadAhead() {
  stop_.cancel();
  {
    const std::lock_guard lock(mutex_);  // so that the thread is not between its look and its wait
    changed_.notify_all();
  }
  thread_.join();
}

void ReadAhead::fetch_all() {
  while (true) {
    PagePtr page = blank_page();
    if (!page) return;
    const auto more = pages_.read(&page->rows);
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    if (!more) {
      failed_ = more.error();
      return;
    }
    page->total = pages_.total();
    if (!*more) {
      whole_ = true;
      return;
    }
    ready_.push_back(std::move(page));
  }
}

// Waits while enough pages are ready; null when stopped.
ReadAhead::PagePtr ReadAhead::blank_page() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.size() < pages_ahead_ || stop_.cancelled(); });
  if (stop_.cancelled()) {
    failed_ = cancelled();
    return nullptr;
  }
  if (blank_.empty()) return std::make_unique<Page>();
  PagePtr page = std::move(blank_.back());
  blank_.pop_back();
  return page;
}

const CollectionInfo& ReadAhead::info() const {
  std::unique_lock lock(mutex_);
  if (current_) return info_;
  while (ready_.empty() && !failed_ && !whole_ && !cancel_.cancelled())
    changed_.wait_for(lock, kLook);
  if (!ready_.empty()) info_.total = ready_.front()->total;
  if (whole_) info_.total = pages_.total();
  return info_;
}

Result<const IndicatorBatch*> ReadAhead::next() {
  if (cancel_.cancelled()) {
    stop_.cancel();
    changed_.notify_all();
    return cancelled();
  }
  if (!current_ || next_batch_ == current_->rows.size()) {
    TQ_ASSIGN(PagePtr page, take_page());
    if (!page) return nullptr;
    current_ = std::move(page);
    next_batch_ = 0;
    if (current_->total) info_.total = current_->total;
  }
  return &current_->rows[next_batch_++];
}

// The next page, null at the end; the one before goes back to the thread.
Result<ReadAhead::PagePtr> ReadAhead::take_page() {
  std::unique_lock lock(mutex_);
  if (current_) blank_.push_back(std::move(current_));
  while (ready_.empty()) {
    if (failed_) return *failed_;
    if (whole_) {
      info_.total = pages_.total();  // the thread is done with it
      return PagePtr();
    }
    changed_.wait_for(lock, kLook);
    if (cancel_.cancelled()) {
      stop_.cancel();
      return cancelled();
    }
  }
  PagePtr page = std::move(ready_.front());
  ready_.erase(ready_.begin());
  changed_.notify_all();
  return page;
}

}  // namespace tq
