// SPDX-License-Identifier: Apache-2.0
// What a plugin prints, seen in the log.
#include "worker/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
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

// A line that is longer than one of the log becomes several, and a secret may stand where it is
// divided.
TEST_F(Output, ASecretIsHiddenWhereALongLineIsDivided) {
  const std::string secret = "s3cr3t-word-of-26-letters!";
  log_.redactor().add_value(secret);
  for (const size_t before : {size_t{4096} - 6, size_t{4096} - 13, size_t{4096} - 20}) {
    log_.lines.clear();
    {
      const OutputCapture capture(read_end_.get(), log_);
      print(std::string(before, 'y') + secret + std::string(100, 'z') + "\n");
    }
    std::string all;
    for (const auto& line : log_.lines) all += line + "|";
    for (size_t at = 0; at + 6 <= secret.size(); ++at)
      EXPECT_THAT(all, testing::Not(testing::HasSubstr(secret.substr(at, 6)))) << before;
  }
}

TEST_F(Output, MoreThanThePipeHoldsIsTakenWhileItIsPrinted) {
  {
    const OutputCapture capture(read_end_.get(), log_);
    for (int i = 0; i < 2000; ++i) print(std::string(99, 'y') + "\n");
  }
  EXPECT_EQ(log_.lines.size(), 2000u);
}

// A process of its own that captures, prints with a secret, and does what it is told; what became
// of it and of its log.
class Dying : public Output {
 protected:
  int die(const std::function<void()>& how, Level level = Level::kInfo) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(write_end_.get(), STDOUT_FILENO);
      RealWorld world;
      LogOptions options;
      options.file = file_;
      options.level = level;
      options.burst_per_site = 3;
      const auto log = Log::open(options, world);
      if (!log) ::_exit(99);
      (*log)->redactor().add_value("s3cr3t-word");
      {
        const OutputCapture capture(read_end_.get(), **log);
        how();
      }
      // More than a pipe holds, and nobody reads it.
      const std::string much(1 << 20, 'z');
      ::_exit(write_all(STDOUT_FILENO, much, "standard output").ok() ? 0 : 98);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }
  static void say(std::string_view text) {
    static_cast<void>(write_all(STDOUT_FILENO, text, "standard output"));
  }
  std::string log() const {
    const auto text = read_file(file_, 1 << 20);
    return text ? *text : std::string();
  }
  void SetUp() override {
    const int fd = ::mkstemp(file_.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
  void TearDown() override { ::unlink(file_.c_str()); }

  std::string file_ = testing::TempDir() + "tq-output-XXXXXX";
};

TEST_F(Dying, LastWordsOfACrashAreInTheLogWithoutTheSecret) {
  for (const int number : {SIGABRT, SIGSEGV}) {
    const int status = die([number] {
      say("what(): s3cr3t-word is wrong\nand no more");
      ::raise(number);
    });
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_THAT(log(), testing::HasSubstr("what(): *** is wrong"));
    EXPECT_THAT(log(), testing::HasSubstr("and no more"));
    EXPECT_THAT(log(), testing::Not(testing::HasSubstr("s3cr3t")));
    int left = -1;
    ASSERT_EQ(::ioctl(read_end_.get(), FIONREAD, &left), 0);
    EXPECT_EQ(left, 0);
    ::unlink(file_.c_str());
  }
}

TEST_F(Dying, ByExitHasLastWordsToo) {
  const int status = die([] {
    say("leaving with s3cr3t-word");
    std::exit(7);
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_THAT(log(), testing::HasSubstr("leaving with ***"));
}

TEST_F(Dying, PrintingAfterTheEndHangsNobody) {
  EXPECT_EQ(die([] { say("before\n"); }), 0);
}

TEST_F(Dying, NoLevelLeavesOutputOut) {
  EXPECT_EQ(die([] { say("a word\n"); }, Level::kError), 0);
  EXPECT_THAT(log(), testing::HasSubstr("plugin.output a word"));
}

TEST_F(Dying, LinesThatWereLeftOutAreCounted) {
  die([] {
    for (int i = 0; i < 10; ++i) say("again\n");
    std::abort();
  });
  EXPECT_THAT(log(), testing::HasSubstr("7 more lines"));
}

}  // namespace
}  // namespace tq
