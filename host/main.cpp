// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/app.hpp"
#include "cli/drop_in_run.hpp"
#include "cli/terminal/safe_output.hpp"
#include "cli/terminal/standard_streams.hpp"
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
  // A file that may grow no more is an error of the write, and no reason to die.
  ::signal(SIGXFSZ, SIG_IGN);
  const tq::DropIn* const drop_in = tq::find_drop_in(program_name(argc, argv));
  // Workers are this same executable; they never see the command line's parser, and what plugins
  // print from their threads is the standard library's own.
  if (drop_in == nullptr && argc >= 2 && std::strcmp(argv[1], "worker") == 0)
    return tq::worker_main();
  tq::Environment environment = tq::take_environment(environ);
  const tq::SafeOutput out(std::cout, ::isatty(STDOUT_FILENO) == 1);
  const tq::SafeOutput err(std::cerr, ::isatty(STDERR_FILENO) == 1);
  tq::StandardStreams streams(environment);
  const int status =
      drop_in != nullptr
          ? tq::run_drop_in(*drop_in, std::vector<std::string>(argv + 1, argv + argc),
                            std::move(environment), streams.out(), streams.err())
          : tq::run_command_line(argc, argv, std::move(environment), streams.out(), streams.err());
  return streams.finish(status);
}
