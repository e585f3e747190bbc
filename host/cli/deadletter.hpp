// SPDX-License-Identifier: Apache-2.0
// deadletter ls|show|retry|drop: what remotes refused of an instance. One thread.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace tq {

// `ids`: of show, retry and drop, as ls shows them; or `all` of them. ls and show read beside a
// run; retry and drop are refused while one is going on. `json`: of ls and show.
Exit deadletter_command(const CommandContext& context, const std::string& action,
                        const std::string& instance, const std::vector<std::string>& ids, bool all,
                        bool json);

}  // namespace tq
