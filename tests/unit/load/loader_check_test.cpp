// SPDX-License-Identifier: Apache-2.0
#include "load/loader_check.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string digest_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return to_hex(sha256(std::string(std::istreambuf_iterator<char>(in), {})));
}

class LoaderChecks : public testing::Test {
 protected:
  LoaderChecks() { std::filesystem::remove(SOMETHING_RAN); }

  // Why the loader would not take it; empty: it would.
  static std::string refusal(const std::filesystem::path& file) {
    auto check = LoaderCheck::start(file, digest_of(file));
    if (!check) return "not started: " + check.error().message;
    const auto verdict = wait_for(**check);
    return verdict ? std::string() : verdict.error().message;
  }
  static bool something_ran() { return std::filesystem::exists(SOMETHING_RAN); }
};

TEST_F(LoaderChecks, AMissingSymbolIsNamed) {
  EXPECT_THAT(refusal(NEEDS_SYMBOL), HasSubstr("the symbol needed"));
}

TEST_F(LoaderChecks, AMissingLibraryIsNamed) {
  EXPECT_THAT(refusal(NEEDS_LIBRARY), HasSubstr("the library libneeded.so.1"));
}

TEST_F(LoaderChecks, AMissingVersionIsNamedWithItsLibrary) {
  EXPECT_THAT(refusal(NEEDS_VERSION),
              AllOf(HasSubstr("the version NEW_2 of "), HasSubstr("libneeded.so.1")));
}

TEST_F(LoaderChecks, WhatCanBeLoadedPasses) {
  EXPECT_EQ(refusal(NEEDS_NOTHING), "");
  EXPECT_EQ(refusal(TINY_SO), "");
  EXPECT_EQ(refusal(PROBE_SO), "");
}

TEST_F(LoaderChecks, NoConstructorAndNoResolverRuns) {
  for (const char* file : {NEEDS_SYMBOL, NEEDS_LIBRARY, NEEDS_VERSION, NEEDS_NOTHING}) {
    static_cast<void>(refusal(file));
    EXPECT_FALSE(something_ran()) << file;
  }
}

TEST_F(LoaderChecks, WhatIsNoLibraryIsRefusedInTheLoadersWords) {
  const std::filesystem::path file = testing::TempDir() + "loader_check.so";
  std::ofstream(file)
      << "no library at all, but long enough to have the header of an ELF file, if it were one";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  EXPECT_THAT(refusal(file), HasSubstr("invalid ELF header"));
  std::filesystem::remove(file);
}

TEST_F(LoaderChecks, AFileThatChangedIsNotLookedAt) {
  const auto check = LoaderCheck::start(TINY_SO, digest_of(PROBE_SO));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().status, Status::kTransient);
}

TEST_F(LoaderChecks, AChildThatIsNotWaitedForEndsWithItsCheck) {
  { const auto check = LoaderCheck::start(TINY_SO, digest_of(TINY_SO)); }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

std::string said(const std::string& output, const std::string& known = "none") {
  return loader_refusal(output, [&](std::string_view path) { return path == known; });
}

TEST(LoaderWords, OfLibrariesThatThisProcessHasAreNotThePlugins) {
  const std::string line = "undefined symbol: odd\t(/lib/libodd.so.1)\n";
  EXPECT_THAT(said(line), HasSubstr("the symbol odd"));
  EXPECT_EQ(said(line, "/lib/libodd.so.1"), "");
}

TEST(LoaderWords, AreCountedOnceAndShortened) {
  std::string lines;
  for (int i = 0; i < 8; ++i) {
    const std::string line = "undefined symbol: s" + std::to_string(i) + "\t(/proc/self/fd/3)\n";
    lines.append(line).append(line);
  }
  EXPECT_THAT(said(lines), AllOf(HasSubstr("the symbol s4 and 3 more"), Not(HasSubstr("s5"))));
}

TEST(LoaderWords, AVolumeThatLetsNothingRunSaysNothingAboutTheFile) {
  EXPECT_EQ(
      said("ERROR: ld.so: object '/proc/self/fd/3' from LD_PRELOAD cannot be preloaded (failed "
           "to map segment from shared object): ignored.\n"),
      "");
}

TEST(LoaderWords, ControlCharactersOfAFileDoNotReachATerminal) {
  EXPECT_THAT(said("\tlib\x1b[31m.so => not found\n"), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace tq
