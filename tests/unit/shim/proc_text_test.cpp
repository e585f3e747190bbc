// SPDX-License-Identifier: Apache-2.0
#include "shim/proc_text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace tq {
namespace {

std::vector<pid_t> all(std::string_view list) {
  std::vector<pid_t> out;
  for (pid_t pid = next_pid(&list); pid != 0; pid = next_pid(&list)) out.push_back(pid);
  return out;
}

TEST(ProcText, AListOfChildrenIsCutIntoNumbers) {
  EXPECT_EQ(all("1 22 333 "), (std::vector<pid_t>{1, 22, 333}));
  EXPECT_EQ(all("7"), std::vector<pid_t>{7});
  EXPECT_TRUE(all("").empty());
  EXPECT_TRUE(all(" \n").empty());
}

TEST(ProcText, ANameMayHoldAnything) {
  const ProcessStat stat = parse_stat("42 (a) Z 1 (b)) S 41 42 42 0 -1");
  EXPECT_EQ(stat.state, 'S');
  EXPECT_EQ(stat.parent, 41);
  EXPECT_EQ(parse_stat("").state, 0);
  EXPECT_EQ(parse_stat("42 (cut").parent, 0);
  EXPECT_EQ(parse_stat("42 (cut) S").parent, 0);
}

TEST(ProcText, HeldIsPrivateSharedAndSwapped) {
  EXPECT_EQ(held_kib("Name:\tRssAnon: 9 kB\nRssAnon:\t   100 kB\nRssFile:\t 7000 kB\n"
                     "RssShmem:\t  20 kB\nVmSwap:\t       3 kB\n"),
            123u);
  EXPECT_EQ(held_kib("Name:\tgone\nState:\tZ\n"), 0u) << "one that has ended";
  EXPECT_GT(held_kib("RssAnon:\t99999999999999999999999999 kB\n"), 0u);
}

TEST(ProcText, ItsOwnProcessCanBeRead) {
  std::array<char, 4096> buffer;
  int number = 0;
  const auto status = read_proc("/proc/self/status", buffer.data(), buffer.size(), &number);
  EXPECT_EQ(number, 0);
  EXPECT_GT(held_kib(status), 0u);
  EXPECT_TRUE(read_proc("/proc/none", buffer.data(), buffer.size(), &number).empty());
  EXPECT_EQ(number, ENOENT);
  EXPECT_EQ(parse_stat(read_proc("/proc/self/stat", buffer.data(), buffer.size(), &number)).parent,
            ::getppid());
}

}  // namespace
}  // namespace tq
