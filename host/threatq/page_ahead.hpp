// SPDX-License-Identifier: Apache-2.0
// PageAhead: asks for the page that most likely comes next while the one before is being parsed, so
// that the server and the parser work at the same time. A wrong guess costs one request and nothing
// else. Used from one thread; has one of its own from the first guess on.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/thread.hpp"
#include "threatq/page_buffer.hpp"

namespace tq {

class PageAhead {
 public:
  // Fills the buffer with the answer to that target; called on the thread.
  using Download =
      std::function<Result<void>(const std::string& target, const Cancel& cancel, PageBuffer* out)>;

  // `cancel` outlives this and ends what is under way.
  PageAhead(Download download, const Cancel& cancel);
  ~PageAhead();
  PageAhead(const PageAhead&) = delete;
  PageAhead& operator=(const PageAhead&) = delete;

  // REQUIRES: take() was called since the last begin().
  void begin(std::string target);

  // What came of the guess, waiting for it; null when there was none or it was another target,
  // which is given up.
  std::optional<Result<void>> take(const std::string& target, PageBuffer* out);

 private:
  struct Guess;

  void work();

  const Download download_;
  const Cancel& cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Guess> guess_;
  PageBuffer buffer_;  // of the thread while a guess is not done
  bool quit_ = false;
  Thread thread_;  // last: it is joined first
};

// The cursor mark that a page names for the next one, found without parsing it; empty: not found.
// Only a guess: the text may stand anywhere.
std::string_view guess_next_mark(std::string_view page);

}  // namespace tq
