// SPDX-License-Identifier: Apache-2.0
#include "net/body.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "unit/net/fixture.hpp"

namespace tq {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

std::string content(const Body& body) {
  std::string all;
  auto read = body.read([&](std::string_view bytes) -> Result<void> {
    all += bytes;
    return {};
  });
  EXPECT_TRUE(read);
  return all;
}

std::string pattern(size_t size, size_t seed) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + seed) % 23);
  return text;
}

// Size of the open file, nameless, that lies in `folder`, or -1.
off_t spilled_bytes(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    struct stat file {};
    if (target.starts_with(folder.string()) && ::stat(entry.path().c_str(), &file) == 0)
      return file.st_size;
  }
  return -1;
}

TEST(TextBody, GivesItsBytes) {
  EXPECT_EQ(content(*text_body("abc")), "abc");
  EXPECT_EQ(text_body("")->size(), 0u);
}

TEST(BodyPool, KeepsManyInterleavedBodiesApart) {
  const TemporaryFolder folder;
  const auto pool = BodyPool::create(folder.path(), 32 * 1024);
  std::vector<std::shared_ptr<WritableBody>> bodies;
  std::vector<std::string> expected(50);
  for (size_t i = 0; i < 50; ++i) bodies.push_back(pool->open());
  for (size_t round = 0; round < 40; ++round)
    for (size_t i = 0; i < 50; ++i) {
      const std::string piece = pattern(100 + 37 * i, round);
      ASSERT_TRUE(bodies[i]->write(piece));
      expected[i] += piece;
    }
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(bodies[i]->size(), expected[i].size());
    EXPECT_EQ(content(*bodies[i]), expected[i]) << i;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the file has a name";
}

TEST(BodyPool, AppendsByReference) {
  const TemporaryFolder folder;
  const auto pool = BodyPool::create(folder.path(), 16 * 1024);
  const auto part = pool->open();
  const std::string text = pattern(100'000, 1);
  ASSERT_TRUE(part->write(text));
  const auto whole = pool->open();
  ASSERT_TRUE(whole->write("["));
  ASSERT_TRUE(whole->append(*part));
  ASSERT_TRUE(whole->write(","));
  ASSERT_TRUE(whole->append(*part));
  ASSERT_TRUE(whole->append(*whole));
  const std::string half = "[" + text + "," + text;
  EXPECT_EQ(whole->size(), 2 * half.size());
  EXPECT_EQ(content(*whole), half + half);
  const auto stranger = BodyPool::create(folder.path(), 16 * 1024)->open();
  EXPECT_EQ(whole->append(*stranger).error().status, Status::kBug);
}

TEST(BodyPool, HoldsItsBoundAndUsesItsFileAgain) {
  const TemporaryFolder folder;
  const auto pool = BodyPool::create(folder.path(), 1 << 20);
  const std::string piece = pattern(20'000, 3);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::shared_ptr<WritableBody>> bodies;
    for (int i = 0; i < 1500; ++i) {  // 30 MB
      bodies.push_back(pool->open());
      ASSERT_TRUE(bodies.back()->write(piece));
    }
    EXPECT_EQ(content(*bodies[777]), piece);
    EXPECT_GT(spilled_bytes(folder.path()), 28'000'000) << "more than the bound is in memory";
    EXPECT_LT(spilled_bytes(folder.path()), 32'000'000) << "round " << round;
  }
}

TEST(BodyPool, IsReadByManyThreadsWhileOthersWrite) {
  const TemporaryFolder folder;
  const auto pool = BodyPool::create(folder.path(), 64 * 1024);
  const auto finished = pool->open();
  const std::string text = pattern(300'000, 5);
  ASSERT_TRUE(finished->write(text));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      const auto own = pool->open();
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(own->write(pattern(5'000, static_cast<size_t>(i))));
        if (n % 10 == 0) {
          EXPECT_EQ(content(*finished), text);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(BodyPool, StopsAtTheFirstFailureOfTheReader) {
  const TemporaryFolder folder;
  const auto body = BodyPool::create(folder.path(), 16 * 1024)->open();
  ASSERT_TRUE(body->write(pattern(100'000, 1)));
  int calls = 0;
  auto read = body->read([&](std::string_view) -> Result<void> {
    ++calls;
    return Error{Status::kTransient, "enough"};
  });
  EXPECT_EQ(read.error().message, "enough");
  EXPECT_EQ(calls, 1);
}

TEST(BodyPool, NamesTheFolderWhenNothingCanBeStored) {
  auto pool = BodyPool::create("/nowhere/at/all", 16 * 1024);
  auto written = pool->open()->write(pattern(100'000, 1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().status, Status::kTransient);
  EXPECT_THAT(written.error().message, HasSubstr("/nowhere/at/all"));
}

TEST(BodyPool, AFullDiskIsAnErrorAndSpoilsNothing) {
  const TemporaryFolder folder;
  const auto pool = BodyPool::create(folder.path(), 16 * 1024);
  const auto good = pool->open();
  ASSERT_TRUE(good->write(pattern(40'000, 2)));
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{64 * 1024, old.rlim_max};  // writes beyond fail as those on a full disk do
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto bad = pool->open();
  auto written = bad->write(pattern(200'000, 1));
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().status, Status::kTransient);
  EXPECT_THAT(written.error().message, HasSubstr(folder.path().string()));
  EXPECT_EQ(content(*good), pattern(40'000, 2));
  const auto later = pool->open();
  ASSERT_TRUE(later->write(pattern(200'000, 4)));
  EXPECT_EQ(content(*later), pattern(200'000, 4));
}

}  // namespace
}  // namespace tq
