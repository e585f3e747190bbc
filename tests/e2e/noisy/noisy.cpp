// SPDX-License-Identifier: Apache-2.0
// A plugin for tests: prints to standard output and error, and aborts when it is told to. Built
// twice: GREETING is the setting's name in that version.
#include <cstdio>
#include <cstdlib>
#include <tqp/plugin.hpp>

namespace {

class Noisy {
 public:
  explicit Noisy(tqp::Host host) : host_(host) {}

  tqp::Result<void> run() {
    TQP_ASSIGN(const std::string greeting, host_.config.text(GREETING));
    TQP_ASSIGN(const bool dies, host_.config.boolean("/dies"));
    std::printf("%s on standard output\n", greeting.c_str());
    std::fprintf(stderr, "%s on standard error\n", greeting.c_str());
    if (dies) std::fprintf(stderr, "these are my last words: %s\n", greeting.c_str());
    if (dies) std::abort();
    host_.run.count(TQP_COUNT_SENT, 1);
    return {};
  }

 private:
  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Noisy);
