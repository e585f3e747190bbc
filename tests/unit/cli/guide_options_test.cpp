// SPDX-License-Identifier: Apache-2.0
// The guides' options, in every spelling that Python's argparse took.
#include "cli/guide_options.hpp"

#include <gmock/gmock.h>

#include "core/text.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr OptionSet kEdr = OptionSet::kEnterpriseEdr;
constexpr OptionSet kTie = OptionSet::kReputation;
constexpr OptionSet kBridge = OptionSet::kBridge;

using Words = std::vector<std::string>;

GuideOptions parsed(OptionSet set, const Words& arguments) {
  auto options = parse_guide_options(set, arguments);
  EXPECT_TRUE(options.ok()) << join(arguments, " ") << ": " << options.error().message;
  return options ? *options : GuideOptions();
}

std::string refusal(OptionSet set, const Words& arguments) {
  auto options = parse_guide_options(set, arguments);
  EXPECT_FALSE(options.ok()) << join(arguments, " ");
  if (options) return {};
  EXPECT_EQ(options.error().status, Status::kConfig);
  return options.error().message;
}

TEST(GuideOptions, NothingGivenIsTheGuidesDefaults) {
  for (const OptionSet set : {kEdr, kTie}) {
    const GuideOptions options = parsed(set, {});
    EXPECT_FALSE(options.help || options.external_proxy || options.no_differential);
    EXPECT_FALSE(options.config || options.log_location || options.name || options.historical);
    EXPECT_EQ(options.verbosity, 1);
  }
}

TEST(GuideOptions, EverySpellingOfAValue) {
  struct Row {
    Words words;
    std::optional<std::string> GuideOptions::*member;
  };
  const std::vector<Row> rows = {
      {{"-c", "/x"}, &GuideOptions::config},
      {{"-c/x"}, &GuideOptions::config},
      {{"-c=/x"}, &GuideOptions::config},
      {{"--config", "/x"}, &GuideOptions::config},
      {{"--config=/x"}, &GuideOptions::config},
      {{"--conf", "/x"}, &GuideOptions::config},
      {{"--c=/x"}, &GuideOptions::config},
      {{"-ll", "/x"}, &GuideOptions::log_location},
      {{"-ll=/x"}, &GuideOptions::log_location},
      {{"-l", "/x"}, &GuideOptions::log_location},
      {{"--loglocation", "/x"}, &GuideOptions::log_location},
      {{"--loglocation=/x"}, &GuideOptions::log_location},
      {{"--log", "/x"}, &GuideOptions::log_location},
      {{"--log=/x"}, &GuideOptions::log_location},
      {{"-n", "/x"}, &GuideOptions::name},
      {{"-n/x"}, &GuideOptions::name},
      {{"--name=/x"}, &GuideOptions::name},
      {{"--na", "/x"}, &GuideOptions::name},
  };
  for (const Row& row : rows)
    for (const OptionSet set : {kEdr, kTie})
      EXPECT_EQ(parsed(set, row.words).*row.member, "/x") << join(row.words, " ");
  for (const Words& words : {Words{"-hist", "2024-05-01"}, Words{"-hist=2024-05-01"},
                             Words{"--historical", "2024-05-01"}, Words{"--hist=2024-05-01"}})
    EXPECT_EQ(parsed(kTie, words).historical, "2024-05-01") << join(words, " ");
}

TEST(GuideOptions, EverySpellingOfVerbosity) {
  for (const Words& words : {Words{"-v3"}, Words{"-v", "3"}, Words{"-v=3"}, Words{"--verbosity=3"},
                             Words{"--verbosity", "3"}, Words{"--verb", "3"}})
    EXPECT_EQ(parsed(kEdr, words).verbosity, 3) << join(words, " ");
  EXPECT_EQ(parsed(kTie, {"-v1"}).verbosity, 1);
  EXPECT_EQ(parsed(kTie, {"-v2"}).verbosity, 2);
  EXPECT_EQ(parsed(kTie, {"-v1", "-v3"}).verbosity, 3) << "the last one counts";
  for (const char* wrong : {"0", "4", "33", "three", "-1"})
    EXPECT_THAT(refusal(kEdr, {"-v", wrong}), HasSubstr("-v takes 1, 2 or 3")) << wrong;
}

TEST(GuideOptions, EverySpellingOfAFlag) {
  for (const char* word : {"-ep", "-e", "--external-proxy", "--ext"})
    EXPECT_TRUE(parsed(kEdr, {word}).external_proxy) << word;
  for (const char* word : {"-d", "--no-differential", "--no"})
    EXPECT_TRUE(parsed(kEdr, {word}).no_differential) << word;
  const GuideOptions together = parsed(kEdr, {"-dv3"});
  EXPECT_TRUE(together.no_differential);
  EXPECT_EQ(together.verbosity, 3);
  EXPECT_THAT(refusal(kEdr, {"--external-proxy=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(refusal(kEdr, {"-dx"}), HasSubstr("takes no value"));
}

TEST(GuideOptions, LinesOfTheGuidesInAnyOrder) {
  for (const Words& words : {Words{"-ll", "/var/log/tq_labs/", "-c", "/etc/tq_labs/", "-v3"},
                             Words{"-v3", "-ll", "/var/log/tq_labs/", "-c", "/etc/tq_labs/"},
                             Words{"-c", "/etc/tq_labs/", "-ll", "/var/log/tq_labs/", "-v3"}})
    for (const OptionSet set : {kEdr, kTie}) {
      const GuideOptions options = parsed(set, words);
      EXPECT_EQ(options.config, "/etc/tq_labs/");
      EXPECT_EQ(options.log_location, "/var/log/tq_labs/");
      EXPECT_EQ(options.verbosity, 3);
    }
}

TEST(GuideOptions, HelpIsShownWhateverStandsAfterIt) {
  for (const OptionSet set : {kEdr, kTie, kBridge}) {
    EXPECT_TRUE(parsed(set, {"-h"}).help);
    EXPECT_TRUE(parsed(set, {"--help", "--nonsense"}).help);
  }
  EXPECT_TRUE(parsed(kEdr, {"--he"}).help);
  EXPECT_TRUE(parsed(kEdr, {"--h"}).help);
  EXPECT_THAT(refusal(kTie, {"--h"}), HasSubstr("--help or --historical"));
  EXPECT_THAT(refusal(kTie, {"-hi", "2024-05-01"}), HasSubstr("-h or -hist"));
}

TEST(GuideOptions, ValuesThatAreMissing) {
  for (const char* option : {"-c", "-ll", "-v", "-n", "--config", "--name", "--loglocation"})
    EXPECT_THAT(refusal(kEdr, {option}), HasSubstr("needs a value")) << option;
  EXPECT_THAT(refusal(kTie, {"-hist"}), HasSubstr("-hist needs a value: -hist DATE"));
  EXPECT_THAT(refusal(kEdr, {"-c", "-ll", "/x"}), HasSubstr("-c needs a value: -c CONFIG"));
  EXPECT_THAT(refusal(kEdr, {"-c", ""}), HasSubstr("-c needs a value"));
  EXPECT_THAT(refusal(kEdr, {"--config="}), HasSubstr("-c needs a value"));
  EXPECT_THAT(refusal(kEdr, {"-c", "--"}), HasSubstr("-c needs a value"));
  EXPECT_EQ(parsed(kEdr, {"-n", "-5"}).name, "-5") << "a number is a value";
  EXPECT_EQ(parsed(kEdr, {"-n", "-x y"}).name, "-x y") << "so is what has a blank";
}

TEST(GuideOptions, WhatIsNotKnownIsRefused) {
  for (const char* word : {"-x", "--nonsense", "-ll/x", "-vv", "--configuration"})
    EXPECT_FALSE(refusal(kEdr, {word}).empty()) << word;
  EXPECT_THAT(refusal(kEdr, {"--token=abc"}), testing::StartsWith("--token is no option"))
      << "without the value, which may be a secret";
  EXPECT_THAT(refusal(kEdr, {"run"}), HasSubstr("more than this command takes"));
  EXPECT_THAT(refusal(kEdr, {"--", "-v3"}), HasSubstr("more than this command takes"));
}

TEST(GuideOptions, HistoricalIsRefusedWhereItWouldDeleteReports) {
  for (const Words& words : {Words{"-hist", "2024-05-01"}, Words{"--historical=2024-05-01"}})
    EXPECT_THAT(refusal(kEdr, words), HasSubstr("deleted from the reports"));
  EXPECT_THAT(refusal(kEdr, {"--hist", "2024-05-01"}), HasSubstr("no option"));
}

TEST(GuideOptions, WhatTheReputationConnectorHasNoUseForIsTakenWithAWarning) {
  const GuideOptions options = parsed(kTie, {"-ep", "-d", "-v2"});
  EXPECT_FALSE(options.external_proxy || options.no_differential);
  EXPECT_EQ(options.verbosity, 2);
  EXPECT_THAT(options.warnings,
              ElementsAre(HasSubstr("-ep has no effect"), HasSubstr("-d has no effect")));
  EXPECT_THAT(parsed(kEdr, {"-ep", "-d"}).warnings, IsEmpty());
}

TEST(GuideOptions, TheBridgeTakesWordsAndAConfiguration) {
  const GuideOptions options = parsed(kBridge, {"write", "/tmp/feed.json", "-c", "/x.conf"});
  EXPECT_THAT(options.words, ElementsAre("write", "/tmp/feed.json"));
  EXPECT_EQ(options.config, "/x.conf");
  for (const char* word : {"-ll", "-v3", "-n", "-d", "-ep", "-hist"})
    EXPECT_FALSE(refusal(kBridge, {word}).empty()) << word;
  EXPECT_THAT(parsed(kBridge, {"--", "-odd"}).words, ElementsAre("-odd"));
}

TEST(GuideOptions, UsageIsOneLine) {
  EXPECT_EQ(guide_usage(kEdr, "x"),
            "usage: x [-h] [-ll LOGLOCATION] [-c CONFIG] [-v {1,2,3}] [-ep] [-n NAME] [-d]");
  EXPECT_EQ(guide_usage(kTie, "x"),
            "usage: x [-h] [-ll LOGLOCATION] [-c CONFIG] [-v {1,2,3}] [-ep] [-n NAME] [-d] "
            "[-hist DATE]");
  EXPECT_EQ(guide_usage(kBridge, "x"),
            "usage: x [-h] [-c CONFIG] {start | stop | restart | status | version | write FILE}");
}

}  // namespace
}  // namespace tq
