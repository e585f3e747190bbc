// SPDX-License-Identifier: Apache-2.0
// Log: the one way to log. A line has a time (UTC), a level, a stable event name (log/events.def),
// a text for people and key-values. Every line passes the Redactor. All members from any thread; a
// Log outlives everything that holds it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/world.hpp"
#include "log/redactor.hpp"

namespace tq {

enum class Level : int32_t {
  kDebug = 1,
  kInfo = 2,
  kWarning = 3,
  kError = 4
};  // numbers of the ABI

enum class Event : int32_t {
#define TQ_EVENT(id, name, meaning) id,
#include "log/events.def"
#undef TQ_EVENT
};
std::string_view event_name(Event event);

struct Field {
  std::string_view key;
  std::string value;
};

struct LogOptions {
  std::filesystem::path file;        // empty: the console (standard error)
  bool console = false;              // also to the console when `file` is set
  int console_fd = 2;                // which descriptor the console is; borrowed
  uint64_t console_patience_ms = 0;  // how long a line may wait for somebody who reads it
  std::string journal_stream;        // what $JOURNAL_STREAM says; empty: nothing
  bool json = false;                 // JSON lines instead of text
  Level level = Level::kInfo;
  uint64_t max_size_mb = 10;  // then the file is rotated
  uint32_t keep = 10;         // rotated files kept
  std::string instance;       // name shown in each line, may be empty
  uint32_t burst_per_site =
      100;  // lines of one (event, text up to its first digit) a minute; the rest is counted
};

class Log {
 public:
  // E_CONFIG when the file cannot be written, naming path and user.
  static Result<std::unique_ptr<Log>> open(const LogOptions& options, World& world);
  // Discards everything; for tests.
  static std::unique_ptr<Log> null();
  virtual ~Log() = default;

  virtual bool enabled(Level level) const = 0;
  virtual void write(Level level, Event event, std::string_view text,
                     std::span<const Field> fields) = 0;
  // Also says how many lines were left out until now.
  virtual void flush() = 0;
  virtual Redactor& redactor() = 0;
  // Tries again what the console did not take; whether something still waits for it.
  virtual bool push() { return false; }
  // Opens the file anew now, if its name stands for another one or for none. Lines do so by
  // themselves, at most once a second.
  virtual void follow_file() {}

  void debug(Event event, std::string_view text, std::initializer_list<Field> fields = {});
  void info(Event event, std::string_view text, std::initializer_list<Field> fields = {});
  void warning(Event event, std::string_view text, std::initializer_list<Field> fields = {});
  void error(Event event, std::string_view text, std::initializer_list<Field> fields = {});
};

}  // namespace tq
