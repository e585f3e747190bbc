// SPDX-License-Identifier: Apache-2.0
// What is kept of a worker that died. Functions without state; any thread.
#pragma once

#include <cstdint>
#include <filesystem>

#include "store/instance_record.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// `log`: the instance's log file, whose last lines go along. `board_now_ms`: CLOCK_MONOTONIC.
Death death_of(const WorkerEnd& end, const std::filesystem::path& log, uint64_t board_now_ms);

}  // namespace tq
