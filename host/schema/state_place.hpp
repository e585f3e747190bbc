// SPDX-License-Identifier: Apache-2.0
// Where the state folder probably is while the configuration cannot be read: for whoever wants to
// ask the supervisor, which goes on with the configuration of before. Any thread.
#pragma once

#include <filesystem>

#include "schema/config.hpp"

namespace tq {

// What the command line, the environment or the file says, in whatever state the file is; else the
// usual place. Empty: nobody says, and HOME is not set.
std::filesystem::path likely_state_dir(const ConfigSources& sources);

}  // namespace tq
