// SPDX-License-Identifier: Apache-2.0
#include "log/log.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"

namespace tq {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class StoppedWorld : public World {
 public:
  int64_t now_ms() const override { return 1'764'000'000'123; }
  uint64_t mono_ms() const override { return mono; }
  void random(void*, size_t) override {}
  bool sleep_ms(uint64_t, const Cancel&) override { return false; }

  uint64_t mono = 0;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end - from));
    from = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

class LogFile : public testing::Test {
 protected:
  LogFile() {
    std::string pattern = testing::TempDir() + "tq-log-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.file = folder_ / "logs" / "cb-prod.log";
    options_.instance = "cb-prod";
  }
  ~LogFile() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Log> open() {
    auto log = Log::open(options_, world_);
    EXPECT_TRUE(log) << log.error().message;
    return log.take();
  }
  std::vector<std::string> lines() const {
    return lines_of(read_file(options_.file, 64 << 20).take());
  }

  std::filesystem::path folder_;
  LogOptions options_;
  StoppedWorld world_;
};

TEST_F(LogFile, HasATextLineForPeople) {
  open()->warning(Event::kHttpRetry, "tried again", {{"attempt", "2"}, {"why", "503"}});
  EXPECT_THAT(lines(), ElementsAre("2025-11-24T16:00:00.123Z WARNING cb-prod http.retry tried "
                                   "again attempt=2 why=503"));
}

TEST_F(LogFile, HasJsonLinesForMachines) {
  options_.json = true;
  open()->error(Event::kRunEnded, "it \"failed\"", {{"read", "10"}, {"text", "own"}});
  ASSERT_THAT(lines(), SizeIs(1));
  EXPECT_EQ(lines()[0],
            R"({"time":"2025-11-24T16:00:00.123Z","level":"error","event":"run.ended",)"
            R"("instance":"cb-prod","text":"it \"failed\"","read":"10","text_":"own"})");
}

TEST_F(LogFile, KeepsLevelsAndAbove) {
  options_.level = Level::kWarning;
  const auto log = open();
  log->debug(Event::kPlugin, "a");
  log->info(Event::kPlugin, "b");
  log->warning(Event::kPlugin, "c");
  log->error(Event::kPlugin, "d");
  EXPECT_THAT(lines(), SizeIs(2));
  EXPECT_FALSE(log->enabled(Level::kInfo));
  EXPECT_TRUE(log->enabled(Level::kWarning));
}

TEST_F(LogFile, KeepsOneLineALineWhateverIsInIt) {
  for (const bool json : {false, true}) {
    options_.json = json;
    options_.file = folder_ / (json ? "a.json" : "a.log");
    open()->info(Event::kPlugin, "a\nERROR forged\r\x1b[31m", {{"k", "b\nc"}});
    ASSERT_THAT(lines(), SizeIs(1));
    EXPECT_THAT(lines()[0], Not(HasSubstr("\x1b")));
  }
}

TEST_F(LogFile, BoundsTheLengthOfALine) {
  open()->info(Event::kPlugin, std::string(1 << 20, 'x'));
  EXPECT_LT(lines().at(0).size(), 10'000u);
}

TEST_F(LogFile, HidesSecretsInTextValuesAndKeys) {
  for (const bool json : {false, true}) {
    options_.json = json;
    options_.file = folder_ / (json ? "a.json" : "a.log");
    const auto log = open();
    log->redactor().add_value("tiger \"eye\"");
    log->info(Event::kHttpRequest, "with tiger \"eye\"",
              {{"value", "tiger%20%22eye%22"}, {"Password", "unknown"}});
    const std::string line = lines().at(0);
    for (const char* part : {"tiger", "eye", "unknown"}) EXPECT_THAT(line, Not(HasSubstr(part)));
  }
}

TEST_F(LogFile, LimitsTheLinesOfOneCallSite) {
  options_.burst_per_site = 3;
  const auto log = open();
  for (int i = 0; i < 10; ++i) log->info(Event::kThreatqRow, "row " + std::to_string(i));
  for (int i = 0; i < 3; ++i) log->info(Event::kThreatqRow, "page " + std::to_string(i));
  EXPECT_THAT(lines(), SizeIs(6)) << "each text has its own bound";
  world_.mono += 59'999;
  log->info(Event::kThreatqRow, "row 10");
  EXPECT_THAT(lines(), SizeIs(6));
  world_.mono += 1;
  log->info(Event::kThreatqRow, "row 11");
  ASSERT_THAT(lines(), SizeIs(8));
  EXPECT_THAT(lines()[6], HasSubstr("log.suppressed 8 more lines"));
  EXPECT_THAT(lines()[7], HasSubstr("row 11"));
}

TEST_F(LogFile, TellsAtItsEndWhatWasLeftOut) {
  options_.burst_per_site = 1;
  {
    const auto log = open();
    for (int i = 0; i < 5; ++i) log->info(Event::kPlugin, "same");
  }
  ASSERT_THAT(lines(), SizeIs(2));
  EXPECT_THAT(lines()[1], HasSubstr("4 more lines"));
}

TEST_F(LogFile, TellsWhatWasLeftOutThoughNothingLikeItComesAgain) {
  options_.burst_per_site = 1;
  const auto log = open();
  for (int i = 0; i < 5; ++i) log->info(Event::kPlugin, "same");
  log->flush();
  EXPECT_THAT(lines().back(), HasSubstr("4 more lines"));
  log->info(Event::kPlugin, "same");
  world_.mono += 60'000;
  log->info(Event::kPlugin, "another");
  ASSERT_THAT(lines(), SizeIs(4));
  EXPECT_THAT(lines()[2], HasSubstr("1 more lines"));
}

TEST_F(LogFile, IsRotatedKeptAndPrivate) {
  ::umask(022);
  options_.max_size_mb = 1;
  options_.keep = 2;
  options_.burst_per_site = 1'000'000;
  const auto log = open();
  for (int i = 0; i < 700; ++i) log->info(Event::kPlugin, std::string(8000, 'x'));
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options_.file.parent_path())) {
    ++files;
    EXPECT_LE(entry.file_size(), 1u << 20) << entry.path();
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0640u) << entry.path();
  }
  EXPECT_EQ(files, 3u) << "the file and two older ones";
}

TEST_F(LogFile, IsAppendedTo) {
  open()->info(Event::kPlugin, "one");
  open()->info(Event::kPlugin, "two");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("one"), HasSubstr("two")));
}

TEST_F(LogFile, ThatCannotBeWrittenNamesPathAndUser) {
  ASSERT_TRUE(write_file_atomically(folder_ / "file", ""));
  for (const auto& path : {folder_, folder_ / "file" / "a.log"}) {
    options_.file = path;
    const auto log = Log::open(options_, world_);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().status, Status::kConfig);
    EXPECT_THAT(log.error().message, HasSubstr((folder_ / "").parent_path().string()));
    EXPECT_THAT(log.error().message, HasSubstr("(as user "));
  }
}

TEST_F(LogFile, TakesLinesOfManyThreadsWhole) {
  options_.burst_per_site = 1'000'000;
  constexpr int kThreads = 4, kLines = 250;
  {
    const auto log = open();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i)
          log->info(Event::kPlugin, "thread", {{"n", std::to_string(t * kLines + i)}});
      });
    for (std::thread& thread : threads) thread.join();
  }
  const auto all = lines();
  EXPECT_THAT(all, SizeIs(kThreads * kLines));
  for (const int n : {0, 250, 999})
    EXPECT_THAT(all, Contains(testing::EndsWith(" thread n=" + std::to_string(n))));
  EXPECT_THAT(all, testing::Each(HasSubstr(" INFO cb-prod plugin thread n=")));
}

TEST_F(LogFile, GoesToTheConsoleWithoutAFileAndBesidesIt) {
  testing::internal::CaptureStderr();
  {
    LogOptions console;
    Log::open(console, world_).take()->info(Event::kPlugin, "only there");
    options_.console = true;
    open()->info(Event::kPlugin, "in both");
  }
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_THAT(err, HasSubstr("only there"));
  EXPECT_THAT(err, HasSubstr("in both"));
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("in both")));
}

TEST_F(LogFile, IsOpenedAnewWhenItWasMovedOrDeleted) {
  const auto log = open();
  log->info(Event::kRunStarted, "before");
  std::filesystem::rename(options_.file, folder_ / "moved");
  log->info(Event::kRunStarted, "within the second");
  EXPECT_FALSE(std::filesystem::exists(options_.file)) << "it looks once a second";
  world_.mono += 1'000;
  log->info(Event::kRunStarted, "after");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(" INFO cb-prod log.file "), HasSubstr("after")));
  EXPECT_THAT(lines_of(read_file(folder_ / "moved", 1 << 20).take()), SizeIs(2));
  struct stat status {};
  ASSERT_EQ(::stat(options_.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);

  std::filesystem::remove(options_.file);
  log->follow_file();
  log->info(Event::kRunStarted, "at once");
  EXPECT_THAT(lines(), Contains(HasSubstr("at once")));
}

TEST_F(LogFile, IsFollowedIntoNoFolderThatWasMovedAway) {
  const auto log = open();
  log->info(Event::kRunStarted, "before");
  std::filesystem::rename(options_.file.parent_path(), folder_ / "moved");
  std::filesystem::rename(folder_, folder_.string() + ".moved");
  log->follow_file();
  log->info(Event::kRunStarted, "after");
  EXPECT_FALSE(std::filesystem::exists(folder_));
  std::filesystem::rename(folder_.string() + ".moved", folder_);
  const auto kept = lines_of(read_file(folder_ / "moved" / "cb-prod.log", 1 << 20).take());
  EXPECT_THAT(kept, Contains(HasSubstr("cannot be opened anew")));
  EXPECT_THAT(kept, Contains(HasSubstr("after")));
}

TEST_F(LogFile, ThatIsAPipeIsRefusedAndNotWaitedFor) {
  std::filesystem::create_directories(options_.file.parent_path());
  ASSERT_EQ(::mkfifo(options_.file.c_str(), 0600), 0);
  const auto log = Log::open(options_, world_);
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message, HasSubstr(options_.file.string()));
}

TEST(NullLog, KeepsNothing) {
  const auto log = Log::null();
  EXPECT_FALSE(log->enabled(Level::kError));
  log->error(Event::kPlugin, "nowhere");
  log->flush();
}

TEST(EventNames, AreThoseOfTheList) {
  EXPECT_EQ(event_name(Event::kPlugin), "plugin");
  EXPECT_EQ(event_name(Event::kLogSuppressed), "log.suppressed");
}

}  // namespace
}  // namespace tq
