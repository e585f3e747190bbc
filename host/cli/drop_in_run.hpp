// SPDX-License-Identifier: Apache-2.0
// What the executable does under a drop-in name: the first run at a terminal asks and registers;
// every other one runs the one instance of its configuration once.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/drop_in.hpp"
#include "schema/config.hpp"

namespace tq {

// The exit status of the process. `arguments`: without the program's name.
int run_drop_in(const DropIn& drop_in, const std::vector<std::string>& arguments,
                Environment environment, std::ostream& out, std::ostream& err);

}  // namespace tq
