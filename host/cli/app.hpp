// SPDX-License-Identifier: Apache-2.0
// The command line: options and commands, and which function does each.
#pragma once

#include <iosfwd>

#include "schema/config.hpp"

namespace tq {

// The exit status of the process.
int run_command_line(int argc, char** argv, Environment environment, std::ostream& out,
                     std::ostream& err);

}  // namespace tq
