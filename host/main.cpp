// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/app.hpp"
#include "cli/drop_in_run.hpp"
#include "shim/shim.hpp"
#include "worker/confine.hpp"
#include "worker/worker.hpp"

namespace {

// "tqhost" for "/usr/bin/tqhost".
std::string_view program_name(int argc, char** argv) {
  const std::string_view path = argc > 0 ? argv[0] : "";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

int main(int argc, char** argv) {
  // Before anything else: it is to stay small. Usually it is a program of its own.
  if (argc == 3 && std::strcmp(argv[1], "shim") == 0) return tq::shim_main(argv[2]);
  tq::open_standard_descriptors();
  if (const auto safe = tq::leave_no_core(); !safe) {
    std::cerr << "tqhost: " << safe.error().message << '\n';
    return 1;
  }
  if (const tq::DropIn* drop_in = tq::find_drop_in(program_name(argc, argv)))
    return tq::run_drop_in(*drop_in, std::vector<std::string>(argv + 1, argv + argc),
                           tq::take_environment(environ), std::cout, std::cerr);
  // Workers are this same executable; they never see the command line's parser.
  if (argc >= 2 && std::strcmp(argv[1], "worker") == 0) return tq::worker_main();
  return tq::run_command_line(argc, argv, tq::take_environment(environ), std::cout, std::cerr);
}
