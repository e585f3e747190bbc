// SPDX-License-Identifier: Apache-2.0
// Verification: one call of the facet tqp.verify/1 as its worker records it: what is found, and
// verify.json, which this process writes while it holds the instance's lease. Home thread; what it
// is given outlives it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "store/verify_record.hpp"
#include "worker/findings.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// "1,203 same, 2 missing, 1 different, 0 foreign"
std::string verify_counts_note(const VerifyCounts& counts);

class Verification {
 public:
  // `about`: instance, plugin, version, started_ms, pid, by_schedule, repair.
  Verification(std::filesystem::path file, VerifyRecord about, Log& log, World& world);

  // Writes that it goes on, with what an earlier record says of the last comparison.
  Result<void> begin();
  const tqp_findings* findings() const { return findings_.table(); }

  // Records what came of it: `done` is the facet's answer. E_BUG, E_TRANSIENT, ...: it could not be
  // compared after all, or the record could not be written.
  Result<VerifyResult> end(const Result<void>& done);
  // Nothing was compared, because somebody wanted it so; `why` is for the log.
  Result<void> end_not_done(std::string_view why);

  const VerifyCounts& counts() const { return findings_.counts(); }

 private:
  void note_failure(const Error& error);
  void tell() const;

  const std::filesystem::path file_;
  Log& log_;
  World& world_;
  Findings findings_;
  VerifyRecord record_;
};

// One that could not begin: of the same kind as `about`. REQUIRES: the caller holds the lease.
Result<void> note_failed_verification(const std::filesystem::path& file, const VerifyRecord& about,
                                      const Error& error, int64_t now_ms);

// What a worker that died, or was stopped because its time was over, could not write any more.
// Never touches another worker's record.
Result<void> close_verify_record(const std::filesystem::path& file, const WorkerEnd& end,
                                 const std::string& message, int64_t now_ms);

// A recording run has ended well: what an earlier verification marked for repair stands again.
Result<void> note_repaired(const std::filesystem::path& file, int64_t now_ms);

// The state is another one now: what was found before is forgotten. REQUIRES: the caller holds the
// lease.
Result<void> note_other_state(const std::filesystem::path& file, int64_t now_ms);

}  // namespace tq
