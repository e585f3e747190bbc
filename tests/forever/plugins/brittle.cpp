// SPDX-License-Identifier: Apache-2.0
// A job for tests of the supervisor: one build works, one aborts in create, one needs what no
// library has. VERSION tells which.
#include <cstdlib>
#include <string>
#include <tqp/plugin.hpp>

#include "journal.hpp"

#ifdef NEEDS_WHAT_IS_NOT_THERE
extern "C" int function_that_no_library_has();
#endif

namespace {

class Brittle {
 public:
  explicit Brittle(tqp::Host host) : host_(host) {
#ifdef ABORTS_IN_CREATE
    std::abort();
#endif
  }

  tqp::Result<void> run() {
#ifdef NEEDS_WHAT_IS_NOT_THERE
    host_.run.count(TQP_COUNT_READ, static_cast<uint64_t>(function_that_no_library_has()));
#endif
    TQP_ASSIGN(const std::string file, host_.config.text("/journal"));
    const Journal journal(file, VERSION);
    TQP_TRY(host_.state.put("version", VERSION));
    return host_.state.commit();
  }

 private:
  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Brittle);
