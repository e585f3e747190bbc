// SPDX-License-Identifier: Apache-2.0
#include "services/call_board.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace tq {
namespace {

std::string bytes_of(const UniqueFd& board) {
  struct stat about {};
  EXPECT_EQ(::fstat(board.get(), &about), 0);
  return std::string(static_cast<size_t>(about.st_size), '\0');
}

TEST(CallBoard, SaysWhichCallIsGoingOn) {
  const auto fd = make_call_board();
  ASSERT_TRUE(fd);
  EXPECT_EQ(read_call_board(fd->get()).calls, 0u);
  const CallBoard board(fd->get());
  {
    const CallBoard::Call call("http.wait");
    const CallInFlight seen = read_call_board(fd->get());
    EXPECT_EQ(seen.name, "http.wait");
    EXPECT_EQ(seen.calls, 1u);
    EXPECT_NE(seen.since_ms, 0u);
  }
  EXPECT_EQ(read_call_board(fd->get()).name, "");
}

// Else the reader would get SIGBUS.
TEST(CallBoard, NobodyMakesItShorterOrLonger) {
  const auto fd = make_call_board();
  ASSERT_TRUE(fd);
  const CallBoard board(fd->get());
  const CallBoard::Call call("state.get");
  EXPECT_EQ(::ftruncate(fd->get(), 0), -1);
  EXPECT_EQ(::ftruncate(fd->get(), 1 << 20), -1);
  EXPECT_EQ(::fcntl(fd->get(), F_ADD_SEALS, F_SEAL_WRITE), -1) << "nor read-only";
  EXPECT_EQ(read_call_board(fd->get()).name, "state.get");
}

TEST(CallBoard, OneThatIsTooShortSaysNothing) {
  const UniqueFd fd(::memfd_create("short", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), 8), 0);
  EXPECT_EQ(read_call_board(fd.get()).calls, 0u);
  EXPECT_EQ(read_call_board(-1).calls, 0u);
}

TEST(CallBoard, WhatAWorkerScribblesIsNoName) {
  for (const char scribble : {'\x1b', '\xff', ' ', 'A'}) {
    const auto fd = make_call_board();
    ASSERT_TRUE(fd);
    std::string bytes = bytes_of(*fd);
    bytes.assign(bytes.size(), scribble);
    ASSERT_EQ(::pwrite(fd->get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    const CallInFlight seen = read_call_board(fd->get());
    EXPECT_EQ(seen.name, "?");
    EXPECT_LT(seen.since_ms, UINT64_MAX / 2) << "no time to come";
  }
}

TEST(CallBoard, OneThatIsChangedForEverIsReadAllTheSame) {
  const auto fd = make_call_board();
  ASSERT_TRUE(fd);
  std::string bytes = bytes_of(*fd);
  bytes[0] = 1;  // an odd number of changes: killed in the middle of one
  const std::string name = "run.sleep_ms";
  bytes.replace(3 * sizeof(uint64_t), name.size(), name);
  ASSERT_EQ(::pwrite(fd->get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(read_call_board(fd->get()).name, name);
}

}  // namespace
}  // namespace tq
