// SPDX-License-Identifier: Apache-2.0
// RunKeeper: tells three places how a run goes: the run record, the parent process, the log. Each
// as often as it is worth. Any thread; outlives the RunService that it listens to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string_view>

#include "core/world.hpp"
#include "log/log.hpp"
#include "services/run_service.hpp"
#include "store/run_record.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"
#include "worker/worker_process.hpp"

namespace tq {

class RunKeeper : public RunListener {
 public:
  // `file`: empty when no record is kept (a check). REQUIRES: this process holds the instance's
  // lease, for the record is that of the one run.
  RunKeeper(std::filesystem::path file, RunRecord record, Reporter& reporter, Log& log,
            World& world);

  // Writes "running", with what an earlier record says of the last success.
  Result<void> begin();
  void listen_to(const RunService& run) { run_ = &run; }

  void progress(uint64_t done, uint64_t total, std::string_view text) override;
  void effect(std::string_view what) override;
  void ready() override { reporter_.ready(); }

  // `error`: null when nothing failed.
  Result<void> end(Exit exit, std::string_view state, const Error* error);

 private:
  Result<void> write();

  const std::filesystem::path file_;
  Reporter& reporter_;
  Log& log_;
  World& world_;
  const RunService* run_ = nullptr;
  std::mutex mutex_;
  RunRecord record_;
  uint64_t written_ms_ = 0, logged_ms_ = 0;  // by the clock that never jumps
};

// What a worker that died could not write into its record any more, or could not know: that it was
// stopped because its time was over. Never touches another run's record.
Result<void> close_run_record(const std::filesystem::path& file, const WorkerEnd& end,
                              const std::string& message, int64_t now_ms);

}  // namespace tq
