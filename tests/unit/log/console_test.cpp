// SPDX-License-Identifier: Apache-2.0
#include "log/console.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "core/json.hpp"
#include "log/log.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kLines = 20'000;

struct Ends {
  UniqueFd read, write;
};

Ends a_pipe() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends a_socket() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// What can be read without waiting.
std::string read_now(int fd) {
  std::string out, piece(64 * 1024, '\0');
  for (pollfd ready{fd, POLLIN, 0}; ::poll(&ready, 1, 0) == 1;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got <= 0) break;
    out.append(piece, 0, static_cast<size_t>(got));
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end - from));
    from = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

std::string told(uint64_t lines) { return "dropped " + std::to_string(lines); }

// Reads and pushes until nothing waits.
std::string drain(Console& console, int fd) {
  std::string out;
  do {
    console.push();
    out += read_now(fd);
  } while (console.behind());
  return out + read_now(fd);
}

class ConsoleThatNobodyReads : public testing::TestWithParam<Ends (*)()> {};

TEST_P(ConsoleThatNobodyReads, TakesAllLinesAtOnceAndTellsHowManyItDropped) {
  const Ends ends = GetParam()();
  Console console(ends.write.get(), 0, &told);
  const std::string filling(200, 'x');
  for (int i = 0; i < kLines; ++i) console.write(std::to_string(i) + " " + filling);
  EXPECT_TRUE(console.behind());

  std::vector<std::string> lines = lines_of(drain(console, ends.read.get()));
  console.write("it goes again");
  for (const std::string& line : lines_of(drain(console, ends.read.get()))) lines.push_back(line);
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines.back(), "it goes again");
  const std::string gap = lines[lines.size() - 2];
  ASSERT_THAT(gap, StartsWith("dropped "));
  EXPECT_EQ(std::stoul(gap.substr(8)) + lines.size() - 2, static_cast<size_t>(kLines));
  for (size_t i = 0; i + 2 < lines.size(); ++i)
    ASSERT_EQ(lines[i], std::to_string(i) + " " + filling);
}

INSTANTIATE_TEST_SUITE_P(Pipe, ConsoleThatNobodyReads, testing::Values(&a_pipe));
INSTANTIATE_TEST_SUITE_P(Socket, ConsoleThatNobodyReads, testing::Values(&a_socket));

TEST(Console, LeavesTheOpenFileAsOthersShareIt) {
  const Ends ends = a_pipe();
  Console console(ends.write.get(), 0, &told);
  console.write("a line");
  EXPECT_EQ(::fcntl(ends.write.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(read_now(ends.read.get()), "a line\n");
}

TEST(Console, IsPatientWithAReaderThatComesLater) {
  const Ends ends = a_pipe();
  std::string got;
  std::thread reader([&] {
    std::string piece(4096, '\0');
    for (ssize_t size = 0; (size = ::read(ends.read.get(), piece.data(), piece.size())) > 0;) {
      got.append(piece, 0, static_cast<size_t>(size));
      if (got.ends_with("the last\n")) return;
    }
  });
  Console console(ends.write.get(), 60'000, &told);
  const std::string filling(500, 'x');
  for (int i = 0; i < 2'000; ++i) console.write(filling);
  console.write("the last");
  EXPECT_FALSE(console.behind());
  reader.join();
  EXPECT_EQ(lines_of(got).size(), 2'001u);
}

TEST(Console, ThatIsGoneCostsNothing) {
  Ends ends = a_socket();
  Console console(ends.write.get(), 60'000, &told);
  ends.read.reset();
  for (int i = 0; i < 10; ++i) console.write("a line");
  EXPECT_FALSE(console.behind());
}

TEST(Console, AppendsToAFileThatOthersWriteToo) {
  std::string name = testing::TempDir() + "tq-console-XXXXXX";
  const UniqueFd file(::mkstemp(name.data()));
  Console console(file.get(), 0, &told);
  console.write("ours");
  ASSERT_EQ(::write(file.get(), "theirs\n", 7), 7);
  console.write("ours");
  EXPECT_EQ(read_file(name, 1024).take(), "ours\ntheirs\nours\n");
  ::unlink(name.c_str());
}

class UnderSystemd : public testing::Test {
 protected:
  UnderSystemd() {
    struct stat info {};
    EXPECT_EQ(::fstat(ends_.write.get(), &info), 0);
    options_.console_fd = ends_.write.get();
    options_.journal_stream = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  }
  std::vector<std::string> log_all_levels() {
    options_.level = Level::kDebug;
    const auto log = Log::open(options_, world_).take();
    log->debug(Event::kHttpRequest, "one\nline");
    log->info(Event::kRunStarted, "two");
    log->warning(Event::kHttpRetry, "three");
    log->error(Event::kRunEnded, "four");
    return lines_of(read_now(ends_.read.get()));
  }

  const Ends ends_ = a_socket();
  LogOptions options_;
  RealWorld world_;
};

TEST_F(UnderSystemd, EachLineCarriesItsPriorityAndNoSecondTime) {
  EXPECT_THAT(log_all_levels(),
              ElementsAre("<7>DEBUG http.request one\\nline", "<6>INFO run.started two",
                          "<4>WARNING http.retry three", "<3>ERROR run.ended four"));
}

TEST_F(UnderSystemd, JsonLinesCarryItToo) {
  options_.json = true;
  const auto lines = log_all_levels();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[3], StartsWith(R"(<3>{"time":")"));
  const auto json = parse_json(lines[3].substr(3), "a line");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->at("level"), "error");
}

TEST_F(UnderSystemd, AnInheritedVariableThatMeansAnotherDescriptorSaysNothing) {
  options_.journal_stream = "8:12345";
  EXPECT_THAT(log_all_levels()[3], HasSubstr("Z ERROR run.ended four"));
}

}  // namespace
}  // namespace tq
