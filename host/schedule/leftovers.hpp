// SPDX-License-Identifier: Apache-2.0
// Processes that nobody watches any more: what a worker had started before it ended, and what a
// supervisor that was killed has left. Functions; the supervisor's thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>

namespace tq {

// From now on a process whose parents have ended becomes a child of this one.
void adopt_orphans();

// Ends such children and takes their remains; `known`: the workers, which are left alone. How many
// were ended.
size_t end_orphans(const std::function<bool(pid_t)>& known);

// Ends what is left in the process group of an earlier supervisor's worker. Only a process that
// holds a file of the instance's folder open is touched, for the number may be another's by now.
// The worker itself ends by itself when its parent does, in order.
void end_leftovers(pid_t group, const std::filesystem::path& instance_folder);

}  // namespace tq
