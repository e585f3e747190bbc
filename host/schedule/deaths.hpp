// SPDX-License-Identifier: Apache-2.0
// What is kept of a worker that died. Functions without state; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schedule/lifecycle.hpp"
#include "store/instance_record.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// What became of a worker that died, for people: how it ended, and when it was made to, why.
// `life`: as it was while the worker ended.
std::string death_text(const WorkerEnd& end, const Lifecycle& life, const Plan& plan);

// `log`: the instance's log file, whose last lines go along. `board_now_ms`: CLOCK_MONOTONIC.
Death death_of(const WorkerEnd& end, const std::filesystem::path& log, uint64_t board_now_ms);

}  // namespace tq
