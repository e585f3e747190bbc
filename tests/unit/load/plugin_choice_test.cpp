// SPDX-License-Identifier: Apache-2.0
#include "load/plugin_choice.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using From = PluginChoice::From;

PluginCandidate file(const std::string& name, const std::string& version, int64_t changed_ns,
                     const std::string& digest = {}) {
  return {digest.empty() ? "digest of " + name : digest, version, "/p/" + name, changed_ns};
}

std::string chosen(const ChoiceQuestion& question) {
  const PluginChoice choice = choose_plugin("cb", question);
  if (choice.from == From::kNothing) return "nothing";
  if (choice.from == From::kCopy) return "copy of " + choice.digest;
  return question.candidates[choice.file].file.filename().string();
}

std::string warning(const ChoiceQuestion& question) {
  return choose_plugin("cb", question).warning;
}

TEST(PluginChoice, IsByVersionThenChangeTimeThenName) {
  struct Case {
    std::vector<PluginCandidate> files;
    const char* chosen;
    const char* why;
  };
  const std::vector<Case> cases = {
      {{}, "nothing", ""},
      {{file("cb.so", "1.0.0", 1)}, "cb.so", ""},
      {{file("cb.old.so", "1.0.0", 9), file("cb.so", "1.1.0", 1)}, "cb.so", "higher version"},
      {{file("a.so", "1.9.0", 9), file("b.so", "1.10.0", 1)}, "b.so", "higher version"},
      {{file("a.so", "2.0.0", 1), file("b.so", "10.0.0", 1)}, "b.so", "higher version"},
      {{file("a.so", "1.0.0", 1), file("b.so", "1.0.0", 2)}, "b.so", "changed last"},
      {{file("b.so", "1.0.0", 2), file("a.so", "1.0.0", 2)}, "a.so", "first by name"},
      {{file("a.so", "1.0.0", 1, "same"), file("b.so", "1.0.0", 2, "same")}, "b.so", ""},
  };
  for (const Case& one : cases) {
    ChoiceQuestion question;
    question.candidates = one.files;
    EXPECT_EQ(chosen(question), one.chosen);
    EXPECT_THAT(warning(question), HasSubstr(one.why));
    EXPECT_EQ(warning(question).empty(), *one.why == '\0');
  }
}

TEST(PluginChoice, TheWarningNamesBothFiles) {
  ChoiceQuestion question;
  question.candidates = {file("cb.old.so", "1.0.0", 9), file("cb.so", "1.1.0", 1)};
  EXPECT_EQ(
      warning(question),
      "two files have the id cb: /p/cb.so (1.1.0) is used, /p/cb.old.so (1.0.0) is not: it has "
      "the higher version");
}

TEST(PluginChoice, APinOutweighsEverything) {
  ChoiceQuestion question;
  question.candidates = {file("old.so", "1.0.0", 1), file("new.so", "2.0.0", 2)};
  question.pinned = "digest of old.so";
  EXPECT_EQ(chosen(question), "old.so");
  EXPECT_THAT(warning(question), AllOf(HasSubstr("/p/old.so"), HasSubstr("/p/new.so")));
  question.pinned = "gone";
  question.copies = {"gone"};
  EXPECT_EQ(chosen(question), "copy of gone");
  question.candidates.clear();
  EXPECT_EQ(chosen(question), "copy of gone") << "also when the folder is empty";
  question.copies.clear();
  EXPECT_EQ(chosen(question), "nothing");
  EXPECT_THAT(warning(question), HasSubstr("neither a file nor a copy"));
}

// A winner that was there with another file beside it.
ChoiceQuestion with_winner() {
  ChoiceQuestion question;
  question.candidates = {file("old.so", "1.0.0", 1), file("new.so", "2.0.0", 2)};
  question.earlier = {"digest of new.so",
                      "2.0.0",
                      "/p/new.so",
                      {{"digest of old.so", 1}, {"digest of new.so", 2}},
                      false};
  question.copies = {"digest of new.so"};
  return question;
}

TEST(PluginChoice, NothingStepsInForAWinnerThatWasRemoved) {
  ChoiceQuestion question = with_winner();
  EXPECT_EQ(chosen(question), "new.so");
  question.candidates.pop_back();
  EXPECT_EQ(chosen(question), "copy of digest of new.so");
  EXPECT_THAT(warning(question), AllOf(HasSubstr("/p/new.so was removed"), HasSubstr("/p/old.so"),
                                       HasSubstr("plugin use cb newest")));
  question.candidates.push_back(file("other.so", "1.5.0", 3));
  EXPECT_EQ(chosen(question), "other.so") << "a file that comes is a person's word";
  question.candidates.clear();
  EXPECT_EQ(chosen(question), "nothing") << "all were taken away";
}

TEST(PluginChoice, AFileThatIsReplacedInItsPlaceMayBeOlder) {
  ChoiceQuestion question = with_winner();
  question.candidates = {file("new.so", "0.9.0", 3, "downgrade")};
  EXPECT_EQ(chosen(question), "new.so");
}

TEST(PluginChoice, AGoodFileThatABadOneReplacedGoesOn) {
  ChoiceQuestion question = with_winner();
  question.candidates.clear();
  question.refused = {"/p/new.so"};
  EXPECT_EQ(chosen(question), "copy of digest of new.so");
  EXPECT_THAT(warning(question), HasSubstr("/p/new.so is refused"));
}

TEST(PluginChoice, WhatCouldNotStartIsLeftOutUntilAnotherFileComes) {
  ChoiceQuestion question;
  question.candidates = {file("cb.so", "2.0.0", 2)};
  question.failed = {"digest of cb.so"};
  question.earlier = {"first", "1.0.0", "/p/cb.so", {{"digest of cb.so", 2}}, true};
  question.copies = {"first"};
  EXPECT_EQ(chosen(question), "copy of first");
  EXPECT_THAT(warning(question),
              AllOf(HasSubstr("cb 1.0.0 goes on"), HasSubstr("/p/cb.so (2.0.0)")));
  question.candidates[0].changed_ns = 3;
  EXPECT_EQ(chosen(question), "copy of first") << "the same file again is no other one";
  question.candidates = {file("cb.so", "1.5.0", 4, "third")};
  EXPECT_EQ(chosen(question), "cb.so");
  question.candidates.clear();
  EXPECT_EQ(chosen(question), "copy of first") << "the bad one was taken away";
  question.candidates = {file("cb.so", "2.0.0", 2)};
  question.copies.clear();
  EXPECT_EQ(chosen(question), "cb.so") << "there is nothing to go back to";
}

TEST(PluginChoice, WhatIsNotReadableIsTold) {
  ChoiceQuestion question;
  question.candidates = {file("cb.so", "1.0.0", 1)};
  question.trouble = "cb.json is damaged";
  EXPECT_EQ(chosen(question), "cb.so");
  EXPECT_EQ(warning(question), "cb.json is damaged");
}

}  // namespace
}  // namespace tq
