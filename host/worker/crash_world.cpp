// SPDX-License-Identifier: Apache-2.0
#include "worker/crash_world.hpp"

#ifdef TQ_CRASH_POINTS
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#endif

namespace tq {

#ifdef TQ_CRASH_POINTS

namespace {

class CrashWorld : public RealWorld {
 public:
  explicit CrashWorld(uint64_t at) : at_(at) {}

  void reach(std::string_view) override {
    if (++reached_ == at_) ::kill(::getpid(), SIGKILL);
  }

 private:
  const uint64_t at_;
  std::atomic<uint64_t> reached_{0};
};

}  // namespace

uint64_t crash_point(const Environment& environment) {
  const auto at = environment.find("TQ_CRASH_AT");
  return at == environment.end() ? 0 : std::strtoull(at->second.c_str(), nullptr, 10);
}

std::unique_ptr<World> make_world(uint64_t crash_at) {
  if (crash_at != 0) return std::make_unique<CrashWorld>(crash_at);
  return std::make_unique<RealWorld>();
}

#else

uint64_t crash_point(const Environment&) { return 0; }
std::unique_ptr<World> make_world(uint64_t) { return std::make_unique<RealWorld>(); }

#endif

}  // namespace tq
