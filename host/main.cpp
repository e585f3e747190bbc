// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "cli/app.hpp"
#include "worker/confine.hpp"
#include "worker/worker.hpp"

int main(int argc, char** argv) {
  if (const auto safe = tq::leave_no_core(); !safe) {
    std::cerr << "tqhost: " << safe.error().message << '\n';
    return 1;
  }
  // Workers are this same executable; they never see the command line's parser.
  if (argc >= 2 && std::strcmp(argv[1], "worker") == 0) return tq::worker_main();
  return tq::run_command_line(argc, argv, tq::take_environment(environ), std::cout, std::cerr);
}
