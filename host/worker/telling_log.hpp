// SPDX-License-Identifier: Apache-2.0
// TellingLog: a run's log whose warnings the person who started the run is told, too: what stands
// in a log file alone is read when it is too late. Any thread; borrows both.
#pragma once

#include <atomic>

#include "log/log.hpp"
#include "worker/assignment.hpp"

namespace tq {

class TellingLog : public Log {
 public:
  TellingLog(Log& log, Reporter& reporter) : log_(log), reporter_(reporter) {}

  bool enabled(Level level) const override { return log_.enabled(level); }
  void write(Level level, Event event, std::string_view text,
             std::span<const Field> fields) override {
    log_.write(level, event, text, fields);
    if (level == Level::kWarning && is_for_people(event) && told_.fetch_add(1) < kToldMost)
      reporter_.warning(log_.redactor().clean(text));
  }
  void flush() override { log_.flush(); }
  Redactor& redactor() override { return log_.redactor(); }

 private:
  static constexpr int kToldMost = 20;

  // Something that somebody should do or know. Retries pass by themselves, and what a run ends with
  // is told at its end.
  static bool is_for_people(Event event) {
    return event == Event::kPlugin || event == Event::kConfigNote || event == Event::kClock ||
           event == Event::kThreatqForm || event == Event::kThreatqLogin;
  }

  Log& log_;
  Reporter& reporter_;
  std::atomic<int> told_{0};
};

}  // namespace tq
