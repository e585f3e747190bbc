// SPDX-License-Identifier: Apache-2.0
#include "worker/unclaimed.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace tq {
namespace {

void wait_until_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  EXPECT_EQ(::poll(&one, 1, 30'000), 1);
}

TEST(Unclaimed, TakesTheRemainsOfOneThatNobodyWaitedFor) {
  Unclaimed unclaimed;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  wait_until_readable(unclaimed.fd());
  unclaimed.look(1'000);
  EXPECT_TRUE(unclaimed.left());
  unclaimed.look(1'000 + Unclaimed::kClaimMs - 1);
  EXPECT_EQ(::kill(child, 0), 0) << "who started it may still wait for it";
  unclaimed.look(1'000 + Unclaimed::kClaimMs);
  EXPECT_FALSE(unclaimed.left());
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Unclaimed, LeavesToTheirOwnersWhatTheyWaitForAndTouchesNobodyAlive) {
  Unclaimed unclaimed;
  const pid_t alive = ::fork();
  if (alive == 0) {
    while (true) ::pause();
  }
  const pid_t child = ::fork();
  if (child == 0) ::_exit(7);
  wait_until_readable(unclaimed.fd());
  unclaimed.look(1'000);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  unclaimed.look(100'000);
  EXPECT_FALSE(unclaimed.left());
  EXPECT_EQ(::kill(alive, 0), 0);
  ::kill(alive, SIGKILL);
  ::waitpid(alive, nullptr, 0);
}

}  // namespace
}  // namespace tq
