// SPDX-License-Identifier: Apache-2.0
// Assignment: what a worker is told to do, handed over in an anonymous file so that nothing of it
// stands in an argument list or an environment. Report: what a worker tells while it works, one
// JSON line each. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "log/log.hpp"
#include "schema/config.hpp"

namespace tq {

enum class Purpose {
  kRun,
  kCheck,
  kExplain,  // the facet tqp.explain/1, beside a run that may be going on
  kPurge,    // the facet tqp.purge/1: what the instance made at the remote goes away
  kVerify,   // the facet tqp.verify/1: what stands at the remote against what the state says
};

// Where the worker's log goes.
enum class LogTo {
  kFile,            // the instance's log file
  kFileAndConsole,  // and standard error
  kConsole,         // standard output only
};

// How far a worker has come with its plugin file.
enum class PluginStage { kNone, kLoading, kLoaded, kCreating, kCreated };

std::string_view stage_name(PluginStage stage);  // "loading", ...
PluginStage stage_from(std::string_view name);   // anything unknown: kNone

struct Assignment {
  Purpose purpose = Purpose::kRun;
  std::string instance;
  uint32_t flags = 0;  // TQP_RUN_...
  std::optional<int64_t> historical_ms{};
  bool strict = false;
  bool listen = false;       // a run of the facet tqp.listener/1, for as long as its parent wants
  bool by_schedule = false;  // of Purpose::kVerify: nobody asked for it
  bool standby = false;      // waits, with the plugin loaded, until the instance's lease is free
  ConfigSources sources;     // the worker reads the configuration itself: the parent uses no secret
  std::filesystem::path plugin_copy;
  std::string plugin_digest;            // the copy is loaded only if it has this one
  std::string plugin_manifest, schema;  // JSON texts of its note, so that it is not read again
  Level log_level = Level::kInfo;
  bool log_json = false;
  LogTo log_to = LogTo::kFile;
  bool external_proxy = false;              // as if the instance had it set
  bool debugger = false;                    // waits until a debugger is attached, and has no bounds
  std::string explain_value, explain_type;  // of Purpose::kExplain; the type may be empty
  // For crash tests, in builds that have them: the n-th point ends the process.
  uint64_t crash_at = 0;
  // limits.memory_mb, for the shim that watches the worker; the worker reads it itself.
  uint64_t memory_mb = 0;

  Json to_json() const;
  static Result<Assignment> from_json(const Json& json);
};

// The file descriptor holds the assignment, sealed, at its beginning. E_CONFIG: it is too large.
Result<UniqueFd> write_assignment(const Assignment& assignment);
Result<Assignment> read_assignment(int fd);

// Exit status of a worker that was asked twice to end: it did not hear it the first time.
constexpr int kStopNotHeard = 125;

// Descriptors of a worker. What it prints goes into a pipe, whose other end it reads itself for the
// log and whose rest its parent reads when it has died.
constexpr int kAssignmentFd = 3;
constexpr int kReportFd = 4;
constexpr int kOutputFd = 5;   // reading end of its own standard output and error
constexpr int kConsoleFd = 6;  // the parent's console, for the log
constexpr int kBoardFd = 7;    // memory of the parent's, for the call in flight
constexpr int kLastFd = kBoardFd;

// Writes report lines; a parent that is gone is no error. Any thread.
class Reporter {
 public:
  explicit Reporter(int fd) : fd_(fd) {}

  void progress(uint64_t done, uint64_t total, std::string_view text);
  void effect(std::string_view what);
  // For the person who started the run.
  void warning(std::string_view text);
  // A line of the answer to `why`.
  void answer(std::string_view line);
  // Code of the plugin may run from now on, or runs no more.
  void plugin_runs(bool now);
  // The plugin ends the process by this function.
  void exit_called(std::string_view function);
  // The plugin broke the contract; `text` opens with the call.
  void contract_broken(std::string_view text);
  // A job holds the lease; a listener listens.
  void ready();
  // So that its parent knows what the worker was at, should it die.
  void plugin(PluginStage stage);
  // The plugin is loaded, and the lease is awaited.
  void standby();
  // The last line. `note` is for people: what was done or what failed.
  void end(int exit_status, std::string_view state, std::string_view note, Status status,
           uint64_t retry_after_ms);

 private:
  void line(const Json& json);

  std::mutex mutex_;  // a line is longer than what a pipe takes at a time
  int fd_;
};

}  // namespace tq
