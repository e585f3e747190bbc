// SPDX-License-Identifier: Apache-2.0
// What a plugin prints, seen in the log.
#include "worker/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
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

  size_t count() {
    const std::lock_guard lock(mutex_);
    return lines.size();
  }

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

TEST_F(Output, LeavesThePipeOnlyWhenItIsInTheLog) {
  // What a worker that dies here would leave to its parent.
  class DyingLog : public KeptLog {
   public:
    explicit DyingLog(int fd) : fd_(fd) {}
    void write(Level level, Event event, std::string_view text,
               std::span<const Field> fields) override {
      int bytes = 0;
      EXPECT_EQ(::ioctl(fd_, FIONREAD, &bytes), 0);
      in_pipe.push_back(bytes);
      KeptLog::write(level, event, text, fields);
    }
    std::vector<int> in_pipe;

   private:
    const int fd_;
  } log(read_end_.get());
  {
    const OutputCapture capture(read_end_.get(), log);
    print("last words\n");
  }
  EXPECT_THAT(log.lines, ElementsAre("last words"));
  EXPECT_THAT(log.in_pipe, ElementsAre(11));
}

TEST_F(Output, AQuestionWithoutAnEndIsALineAfterASecond) {
  const OutputCapture capture(read_end_.get(), log_);
  print("Password: ");
  for (int i = 0; i < 100 && log_.count() == 0; ++i) ::usleep(50'000);
  EXPECT_EQ(log_.count(), 1u);
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
