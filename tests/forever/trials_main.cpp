// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "forever/trials.hpp"

int main(int argc, char** argv) {
  const std::string trial = argc == 3 ? argv[1] : "";
  const int number = argc == 3 ? std::atoi(argv[2]) : 0;
  try {
    if (number > 0 && trial == "soak") return forever::soak(number) ? 0 : 1;
    if (number > 0 && trial == "kills") return forever::kills(number) ? 0 : 1;
    if (number > 0 && trial == "replacements") return forever::replacements(number) ? 0 : 1;
    if (number > 0 && trial == "many") return forever::many(number) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fputs(
      "usage: forever_trials soak SECONDS | kills TIMES | replacements TIMES | many SECONDS\n",
      stderr);
  return 2;
}
