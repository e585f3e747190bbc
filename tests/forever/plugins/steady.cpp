// SPDX-License-Identifier: Apache-2.0
// A listener for tests of the supervisor. Built twice, with VERSION telling which.
#include <signal.h>
#include <unistd.h>

#include <string>
#include <tqp/plugin.hpp>

#include "journal.hpp"

namespace {

class Steady {
 public:
  explicit Steady(tqp::Host host) : host_(host) {}

  tqp::Result<void> serve() {
    TQP_ASSIGN(const std::string file, host_.config.text("/journal"));
    TQP_ASSIGN(const std::string does, host_.config.text("/does"));
    const Journal journal(file, VERSION);
    if (does == "die") ::raise(SIGKILL);
    host_.run.ready();
    journal.write("ready");
    while (does == "hang") ::usleep(10'000);
    while (host_.run.sleep_ms(50).ok()) host_.run.count(TQP_COUNT_READ, 1);
    // What is to be done when it drains still works.
    TQP_TRY(host_.state.put("drained", VERSION));
    TQP_TRY(host_.state.commit());
    return tqp::Error{TQP_CANCELLED, "asked to stop"};
  }

 private:
  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Steady);
