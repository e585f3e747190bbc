// SPDX-License-Identifier: Apache-2.0
#include "threatq/page_ahead.hpp"

#include <utility>

namespace tq {

struct PageAhead::Guess {
  Guess(std::string what, const Cancel& run)
      : target(std::move(what)), follow(run, [this] { give_up.cancel(); }) {}

  const std::string target;
  Cancel give_up;
  OnCancel follow;
  std::optional<Result<void>> outcome{};  // set: done
};

PageAhead::PageAhead(Download download, const Cancel& cancel)
    : download_(std::move(download)), cancel_(cancel) {}

PageAhead::~PageAhead() {
  const std::lock_guard lock(mutex_);
  if (guess_ != nullptr) guess_->give_up.cancel();
  quit_ = true;
  changed_.notify_all();
}

void PageAhead::begin(std::string target) {
  const std::lock_guard lock(mutex_);
  guess_ = std::make_unique<Guess>(std::move(target), cancel_);
  if (!thread_.running()) {
    auto thread = Thread::start([this] { work(); });
    if (thread) {
      thread_ = thread.take();
    } else {  // then without guesses
      guess_.reset();
    }
  }
  changed_.notify_all();
}

std::optional<Result<void>> PageAhead::take(const std::string& target, PageBuffer* out) {
  std::unique_lock lock(mutex_);
  if (guess_ == nullptr) return std::nullopt;
  const bool right = guess_->target == target;
  if (!right) guess_->give_up.cancel();
  changed_.wait(lock, [this] { return guess_->outcome.has_value(); });
  const std::unique_ptr<Guess> guess = std::move(guess_);
  if (!right) return std::nullopt;
  std::swap(buffer_, *out);
  return std::move(guess->outcome);
}

void PageAhead::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return quit_ || (guess_ != nullptr && !guess_->outcome); });
    if (quit_) return;
    Guess& guess = *guess_;  // stays until it is done
    lock.unlock();
    Result<void> outcome = contain(
        "reading ThreatQ ahead", [&] { return download_(guess.target, guess.give_up, &buffer_); });
    lock.lock();
    guess.outcome = std::move(outcome);
    changed_.notify_all();
  }
}

std::string_view guess_next_mark(std::string_view page) {
  constexpr std::string_view kKey = "\"nextCursorMark\"";
  constexpr size_t kNear = 512;  // from either end
  size_t at = page.substr(page.size() > kNear ? page.size() - kNear : 0).rfind(kKey);
  if (at != std::string_view::npos) {
    at += page.size() > kNear ? page.size() - kNear : 0;
  } else {
    at = page.substr(0, kNear).find(kKey);
  }
  if (at == std::string_view::npos) return {};
  std::string_view rest = page.substr(at + kKey.size());
  const size_t begin = rest.find_first_not_of(" \t\r\n:");
  if (begin == std::string_view::npos || rest[begin] != '"') return {};
  rest.remove_prefix(begin + 1);
  const size_t end = rest.find_first_of("\"\\");
  return end == std::string_view::npos || rest[end] != '"' ? std::string_view()
                                                           : rest.substr(0, end);
}

}  // namespace tq
