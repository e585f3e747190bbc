// SPDX-License-Identifier: Apache-2.0
// Console: lines to a descriptor that somebody else owns and perhaps nobody reads: a pipe, a
// terminal, a socket, a file. It waits no longer than it was told to. What the descriptor does not
// take is kept, up to a bound; lines beyond that are dropped and counted, and when it goes again a
// line tells how many. One thread at a time; the descriptor outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/file.hpp"

namespace tq {

class Console {
 public:
  static constexpr size_t kKeptBytesMost = 256 * 1024;

  // The line that tells of so many dropped ones; without its end.
  using TellDropped = std::function<std::string(uint64_t lines)>;

  // `patience_ms`: how long a write may wait for a reader before lines are kept instead; it is
  // granted anew whenever something was taken.
  Console(int fd, uint64_t patience_ms, TellDropped tell_dropped);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // `line` without its end.
  void write(std::string_view line);
  // Tries again what was kept.
  void push();
  // Whether something is kept.
  bool behind() const { return !kept_.empty(); }

 private:
  enum class Kind { kSocket, kOwn, kFile, kShared };

  void choose_way();
  bool await_reader();
  long put(std::string_view bytes) const;
  void keep(std::string_view line);

  const int fd_;
  const uint64_t patience_ms_;
  const TellDropped tell_dropped_;
  Kind kind_ = Kind::kShared;
  UniqueFd own_;  // the same pipe or terminal, opened for us alone so that it can be non-blocking
  uint64_t left_ms_;
  std::string kept_;
  uint64_t dropped_ = 0;
};

// Whether the descriptor is the one that systemd's journal reads: `journal_stream` is what
// $JOURNAL_STREAM says ("DEVICE:INODE"). The variable alone says little, for it is inherited by
// whatever a service starts, wherever that writes to.
bool is_journal(int fd, std::string_view journal_stream);

}  // namespace tq
