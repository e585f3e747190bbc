// SPDX-License-Identifier: Apache-2.0
// What a plugin prints, seen in the log.
#include "worker/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <mutex>

namespace tq {
namespace {

using testing::ElementsAre;

class KeptLog : public Log {
 public:
  bool enabled(Level) const override { return true; }
  void write(Level, Event event, std::string_view text, std::span<const Field>) override {
    const std::lock_guard lock(mutex_);
    if (event == Event::kPluginOutput) lines.emplace_back(text);
  }
  void flush() override {}
  Redactor& redactor() override { return redactor_; }

  std::vector<std::string> lines;

 private:
  std::mutex mutex_;
  Redactor redactor_;
};

class Output : public testing::Test {
 protected:
  Output() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    read_end_ = UniqueFd(fds[0]);
    write_end_ = UniqueFd(fds[1]);
    ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
  }

  void print(std::string_view text) {
    ASSERT_TRUE(write_all(write_end_.get(), text, "the pipe").ok());
  }

  KeptLog log_;
  UniqueFd read_end_, write_end_;
};

TEST_F(Output, BecomesALineEachAndTheUnfinishedLastOneIsKept) {
  {
    const OutputCapture capture(read_end_.get(), log_);
    print("one\ntwo\n\nthr");
    print("ee");
  }
  EXPECT_THAT(log_.lines, ElementsAre("one", "two", "three"));
}

TEST_F(Output, ThatNeverEndsALineIsCut) {
  {
    const OutputCapture capture(read_end_.get(), log_);
    print(std::string(10'000, 'x'));
  }
  ASSERT_EQ(log_.lines.size(), 3u);
  EXPECT_EQ(log_.lines[0].size(), 4096u);
}

TEST_F(Output, EndsAlsoWhenAnotherProcessStillHoldsThePipe) {
  const UniqueFd held_elsewhere(::dup(write_end_.get()));
  {
    const OutputCapture capture(read_end_.get(), log_);
    print("said\n");
  }
  EXPECT_THAT(log_.lines, ElementsAre("said"));
}

TEST_F(Output, MoreThanThePipeHoldsIsTakenWhileItIsPrinted) {
  {
    const OutputCapture capture(read_end_.get(), log_);
    for (int i = 0; i < 2000; ++i) print(std::string(99, 'y') + "\n");
  }
  EXPECT_EQ(log_.lines.size(), 2000u);
}

}  // namespace
}  // namespace tq
