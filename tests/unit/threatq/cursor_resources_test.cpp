// SPDX-License-Identifier: Apache-2.0
// What open cursors cost: threads, requests and memory, and what happens when there is no more.
#include "threatq/cursor.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <new>
#include <set>
#include <thread>

#include "unit/threatq/cursor_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CursorResources : public CursorTest {};

TEST_F(CursorResources, ReadsAheadAndNoFurther) {
  server.fill(1950);
  options.prefetch_pages = 3;
  auto cursor = open();
  ASSERT_TRUE(cursor);
  // One is taken, three wait and the text of a fifth; no sixth is asked for until one is taken.
  ASSERT_TRUE((*cursor)->next());
  while (pages().size() < 5) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(pages().size(), 5u);
  EXPECT_EQ(read_ids(**cursor).ids, numbers(101, 1950));
  std::set<std::string> targets;
  for (const Seen& page : pages()) targets.insert(page.target);
  EXPECT_EQ(targets.size(), pages().size()) << "no page was asked for twice";
}

size_t threads() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

TEST_F(CursorResources, NothingIsReadBeforeItIsAskedFor) {
  server.fill(500);
  const size_t before = threads();
  auto cursor = open();
  ASSERT_TRUE(cursor);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(pages(), IsEmpty());
  EXPECT_EQ((*cursor)->info().total, 500u);
  EXPECT_EQ((*cursor)->info().total, 500u);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(pages(), SizeIs(1)) << "the first page, once";
  EXPECT_EQ(threads(), before);
  EXPECT_EQ(read_ids(**cursor).ids, numbers(1, 500));
  EXPECT_EQ(threads(), before) << "at the end its threads are gone";
}

TEST_F(CursorResources, SixtyThatAreOpenCostNoThreadAndFewThatAreReadDo) {
  server.fill(450);
  const size_t before = threads();
  std::vector<std::unique_ptr<IndicatorCursor>> cursors;
  for (int i = 0; i < 60; ++i) {
    auto cursor = open();
    ASSERT_TRUE(cursor);
    EXPECT_EQ((*cursor)->info().total, 450u);
    cursors.push_back(cursor.take());
  }
  EXPECT_EQ(threads(), before);
  for (const auto& cursor : cursors) ASSERT_TRUE(cursor->next());
  EXPECT_LE(threads(), before + size_t{2} * Readers::kMost);
  for (const auto& cursor : cursors) EXPECT_EQ(read_ids(*cursor).ids, numbers(101, 450));
  EXPECT_EQ(threads(), before);
}

// In a process of its own, since the bound stays: no thread can be made, and the rows come all the
// same.
TEST_F(CursorResources, ReadsWithoutThreadsWhereThereCanBeNone) {
  server.fill(450);
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    if (::setuid(65534) != 0) ::_exit(3);  // the bound does not hold for root
    ::setrlimit(RLIMIT_NPROC, &none);
    auto cursor = open();
    const ReadIds all = cursor ? read_ids(**cursor) : ReadIds();
    ::_exit(!all.error && all.ids == numbers(1, 450) && !Thread::start([] {}) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 3) GTEST_SKIP() << "only root can become another";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(CursorResources, MemoryThatRunsOutIsAnError) {
  server.fill(300);
  for (const bool described : {false, true}) {
    for (const bool at_once : {false, true}) {
      server.spoil = [&](const PageQuery& query) -> std::optional<Reply> {
        if (at_once || query.mark != "*") throw std::bad_alloc();
        return {};
      };
      auto cursor = open();
      ASSERT_TRUE(cursor);
      if (described) (*cursor)->info();
      const ReadIds all = read_ids(**cursor);
      ASSERT_TRUE(all.error);
      EXPECT_EQ(all.error->status, Status::kTransient);
      EXPECT_THAT(all.error->message, HasSubstr("ran out of memory. Raise limits.memory_mb"));
      EXPECT_THAT(all.ids, SizeIs(at_once ? 0 : 100));
    }
  }
}

}  // namespace
}  // namespace tq
