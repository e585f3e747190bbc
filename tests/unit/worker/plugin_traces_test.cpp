// SPDX-License-Identifier: Apache-2.0
// What a plugin leaves or does to its process, as the worker sees and tells it.
#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "core/thread.hpp"
#include "worker/exit_watch.hpp"
#include "worker/findings.hpp"
#include "worker/left_threads.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What a child process reports that does this while code of the plugin runs.
template <typename Does>
std::string reported(Does does) {
  int fds[2];
  if (::pipe(fds) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(fds[0]);
    Reporter reporter(fds[1]);
    {
      const ExitWatch watch(reporter);
      does();
    }
    ::_exit(0);
  }
  ::close(fds[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(fds[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  ::close(fds[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST(ExitWatch, NamesTheFunctionByWhichAPluginEndsTheProcess) {
  EXPECT_THAT(reported([] { std::exit(3); }), HasSubstr(R"("exit_called":"exit")"));
  EXPECT_THAT(reported([] { ::quick_exit(3); }), HasSubstr(R"("exit_called":"quick_exit")"));
}

TEST(ExitWatch, TellsWhetherCodeOfThePluginRuns) {
  const std::string ended = reported([] { ::_exit(3); });
  EXPECT_THAT(ended, HasSubstr(R"({"plugin_runs":true})"));
  EXPECT_THAT(ended, Not(HasSubstr("exit_called")));
  EXPECT_THAT(ended, Not(HasSubstr(R"({"plugin_runs":false})")));
  EXPECT_THAT(reported([] {}), HasSubstr(R"({"plugin_runs":false})"));
}

TEST(ExitWatch, AForkedChildIsNotTheWorker) {
  const std::string text = reported([] {
    const pid_t child = ::fork();
    if (child == 0) std::exit(3);
    ::waitpid(child, nullptr, 0);
  });
  EXPECT_THAT(text, Not(HasSubstr("exit_called")));
}

TEST(LeftThreads, AreNamedAndTheHostsOwnAreNot) {
  std::atomic<bool> over{false};
  const auto wait = [&over] {
    while (!over) std::this_thread::yield();
  };
  const LeftThreads threads;
  EXPECT_THAT(threads.names(), IsEmpty());
  auto own = Thread::start(wait);
  ASSERT_TRUE(own.ok());
  EXPECT_THAT(threads.names(), IsEmpty());
  std::thread left(wait);
  ::pthread_setname_np(left.native_handle(), "left-behind");
  const auto names = threads.names();
  over = true;
  left.join();
  EXPECT_THAT(names, ElementsAre("left-behind"));
  EXPECT_THAT(left_threads_note(names), HasSubstr("left 1 thread running"));
  EXPECT_THAT(threads.names(), IsEmpty()) << "a thread that was joined";
  EXPECT_EQ(left_threads_note({}), "");
}

TEST(Findings, ToldInAWayThatTheContractForbidsSayNothing) {
  const auto log = Log::null();
  Findings null_text(*log);
  const tqp_findings* const table = null_text.table();
  table->found(table->ctx, TQP_FOUND_SAME, 1, {nullptr, 3}, {}, {});
  EXPECT_THAT(null_text.whole().error().message, HasSubstr("findings.found: an argument is null"));
  Findings elsewhere(*log);
  std::thread([&] {
    elsewhere.table()->found(elsewhere.table()->ctx, TQP_FOUND_SAME, 1, {}, {}, {});
  }).join();
  EXPECT_EQ(elsewhere.whole().error().status, Status::kBug);
  EXPECT_THAT(elsewhere.whole().error().message, HasSubstr("findings.found: it was called from"));
}

}  // namespace
}  // namespace tq
