// SPDX-License-Identifier: Apache-2.0
// CallBoard: which service the plugin is calling right now, written into shared memory that the
// worker's parent holds too, so that it can still be read when the worker was killed. CallBoard
// writes, on the home thread; read_call_board() reads, in the parent.
#pragma once

#include <cstdint>
#include <string>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

struct CallInFlight {
  uint64_t calls = 0;     // how many have begun
  std::string name;       // "http.wait"; empty: the plugin was in code of its own
  uint64_t since_ms = 0;  // CLOCK_MONOTONIC: when the call began, or the last one ended
};

// In the parent: memory for one worker's board.
Result<UniqueFd> make_call_board();
// A board that nobody writes on says nothing.
CallInFlight read_call_board(int fd);

class CallBoard {
 public:
  // Of the thread that makes it, until it is destroyed. A descriptor that is no board: nothing is
  // written anywhere.
  explicit CallBoard(int fd);
  ~CallBoard();
  CallBoard(const CallBoard&) = delete;
  CallBoard& operator=(const CallBoard&) = delete;

  // Around one call of a service; `name` is a literal. Costs some nanoseconds.
  class Call {
   public:
    explicit Call(const char* name) noexcept;
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
  };

 private:
  struct Page;
  struct Text;
  friend CallInFlight read_call_board(int fd);
  friend Result<UniqueFd> make_call_board();
  // The tables of the C ABI are the same for every instance, so a call finds the board by its
  // thread.
  static thread_local Page* page_of_thread_;
  Page* page_ = nullptr;
};

}  // namespace tq
