// SPDX-License-Identifier: Apache-2.0
// Assignment: what a worker is told to do, handed over in an anonymous file so that nothing of it
// stands in an argument list or an environment. Report: what a worker tells while it works, one
// JSON line each. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "log/log.hpp"
#include "schema/config.hpp"

namespace tq {

enum class Purpose { kRun, kCheck };

struct Assignment {
  Purpose purpose = Purpose::kRun;
  std::string instance;
  uint32_t flags = 0;  // TQP_RUN_...
  std::optional<int64_t> historical_ms{};
  bool strict = false;
  ConfigSources sources;  // the worker reads the configuration itself: the parent uses no secret
  std::filesystem::path plugin_copy;
  std::string plugin_digest;            // the copy is loaded only if it has this one
  std::string plugin_manifest, schema;  // JSON texts of its note, so that it is not read again
  Level log_level = Level::kInfo;
  bool log_json = false;
  bool log_to_console = false;  // besides the file
  int parent_pid = 0;
  uint64_t crash_at =
      0;  // for crash tests, in builds that have them: the n-th point ends the process

  Json to_json() const;
  static Result<Assignment> from_json(const Json& json);
};

// The file descriptor holds the assignment, sealed, at its beginning.
Result<UniqueFd> write_assignment(const Assignment& assignment);
Result<Assignment> read_assignment(int fd);

// Descriptors of a worker.
constexpr int kAssignmentFd = 3;
constexpr int kReportFd = 4;

// Writes report lines; a parent that is gone is no error.
class Reporter {
 public:
  explicit Reporter(int fd) : fd_(fd) {}

  void progress(uint64_t done, uint64_t total, std::string_view text);
  void effect(std::string_view what);
  // The last line. `note` is for people: what was done or what failed.
  void end(int exit_status, std::string_view state, std::string_view note);

 private:
  void line(const Json& json);

  int fd_;
};

}  // namespace tq
