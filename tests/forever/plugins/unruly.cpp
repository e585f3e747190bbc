// SPDX-License-Identifier: Apache-2.0
// A job for tests of the supervisor: works as it should, or misbehaves in the way that its setting
// says. Built twice, with VERSION telling which.
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <tqp/plugin.hpp>
#include <vector>

#include "journal.hpp"

namespace {

using tqp::Error;
using tqp::Result;

class Unruly {
 public:
  explicit Unruly(tqp::Host host) : host_(host) {}

  Result<void> run() {
    TQP_ASSIGN(const std::string file, host_.config.text("/journal"));
    TQP_ASSIGN(const std::string does, host_.config.text("/does"));
    TQP_ASSIGN(work_ms_, host_.config.integer("/work_ms"));
    const Journal journal(file, VERSION);
    if (host_.run.full()) journal.write("full");
    if (host_.run.adopt()) journal.write("adopt");
    if (host_.run.dry()) journal.write("dry");
    TQP_TRY(misbehave(does));
    if (does == "forget_commit") return {};
    if (does != "flood" && does != "descriptors" && does != "fork") TQP_TRY(work());
    host_.run.count(TQP_COUNT_SENT, 1);
    return host_.state.commit();
  }

 private:
  Result<void> work() {
    return work_ms_ > 0 ? host_.run.sleep_ms(static_cast<uint64_t>(work_ms_)) : Result<void>();
  }

  Result<void> misbehave(const std::string& does) {
    if (does == "crash") std::abort();
    if (does == "exit") std::exit(3);
    if (does == "underscore_exit") ::_exit(3);
    if (does == "break_contract") return break_contract();
    if (does == "forget_commit") return host_.state.put("k", "v");
    if (does == "leave_thread") leave_thread();
    if (does == "cancelled") return Error{TQP_CANCELLED, "on purpose"};
    if (does == "throw") throw std::string("thrown on purpose");
    if (does == "transient") return Error{TQP_E_TRANSIENT, "the remote is away, on purpose"};
    if (does == "limited") return limited();
    if (does == "attention") return Error{TQP_E_CONFIG, "a person must act, on purpose", "/does"};
    if (does == "hang") hang();
    if (does == "deaf") be_deaf();
    if (does == "leak") leak();
    if (does == "fork") leave_children();
    if (does == "refused") host_.run.reject("FQDN", "a.example.com", "refused on purpose");
    if (does == "flood") flood();
    if (does == "descriptors") eat_descriptors();
    return {};
  }

  // Does not look at the answers, goes on and says that all is well.
  Result<void> break_contract() {
    static_cast<void>(host_.state.put("before", "1"));
    static_cast<void>(host_.state.put("", "of no key"));
    static_cast<void>(host_.state.commit());
    return {};
  }
  static void leave_thread() {
    std::thread left([] { hang(); });
    ::pthread_setname_np(left.native_handle(), "left-behind");
    left.detach();
  }
  // So that what it is waiting for does not come while a test looks.
  static Error limited() {
    Error error{TQP_E_LIMITED, "the remote is away for long, on purpose"};
    error.retry_after_ms = 600'000;
    return error;
  }
  // In code of its own, where no cancel is seen.
  [[noreturn]] static void hang() {
    while (true) ::usleep(10'000);
  }
  // Hears the cancel and does not care.
  [[noreturn]] void be_deaf() {
    while (true) {
      if (!host_.run.sleep_ms(10).ok()) ::usleep(10'000);
    }
  }
  static void leak() {
    std::vector<std::unique_ptr<char[]>> lost;
    constexpr size_t kPiece = 4 << 20;
    while (true) {
      lost.push_back(std::make_unique<char[]>(kPiece));
      for (size_t i = 0; i < kPiece; i += 4096) lost.back()[i] = 'x';
    }
  }
  // One that stays, and one that goes to a session of its own and loses its parent.
  static void leave_children() {
    if (::fork() == 0) hang();
    if (::fork() == 0) {
      ::setsid();
      if (::fork() == 0) hang();
      ::_exit(0);
    }
    ::usleep(20'000);
  }
  void flood() {
    const std::string line(200, 'x');
    for (int i = 0; i < 5'000; ++i) {
      std::printf("%s\n", line.c_str());
      host_.log.info(line);
      host_.run.progress(static_cast<uint64_t>(i), 5'000, line);
    }
  }
  static void eat_descriptors() {
    while (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
  }

  tqp::Host host_;
  int64_t work_ms_ = 0;
};

}  // namespace

TQP_PLUGIN(Unruly);
