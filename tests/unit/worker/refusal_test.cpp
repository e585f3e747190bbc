// SPDX-License-Identifier: Apache-2.0
#include "worker/refusal.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

bool is_about(const std::string& value, const std::string& asked, const std::string& text) {
  DeadLetter letter;
  letter.type = "indicator";
  letter.value = value;
  return tq::is_about(letter, asked, text);
}

TEST(Refusal, IsAboutTheValueThatWasAskedFor) {
  EXPECT_TRUE(is_about("1.1.1.1", " 1.1.1.1 ", ""));
  EXPECT_TRUE(is_about("Bad.example.com", "bad.EXAMPLE.com", ""));
  EXPECT_FALSE(is_about("1.1.1.1", "1.1.1.10", ""));
  EXPECT_FALSE(is_about("", "", "nothing"));
}

TEST(Refusal, IsAboutWhatTheExplanationNamesWhole) {
  const std::string text =
      "1.1.1.10 becomes netconn_ipv4 \"1.1.1.10\".\n"
      "In doubt, because its report 6f0c-11 was not acknowledged, (batch 4): \"a b\", end.";
  for (const char* named : {"1.1.1.10", "6f0c-11", "batch 4", "a b", "end"})
    EXPECT_TRUE(is_about(named, "asked", text)) << named;
  for (const char* part : {"1.1.1.1", "1.1.1", "6f0c", "0c-11", "ipv4", "a", "acknow"})
    EXPECT_FALSE(is_about(part, "asked", text)) << part;
}

TEST(Refusal, ADomainIsNotNamedByOneBelowIt) {
  EXPECT_FALSE(is_about("example.com", "x", "becomes \"www.example.com\"."));
  EXPECT_FALSE(is_about("example.com", "x", "becomes \"example.com.evil.example\"."));
  EXPECT_TRUE(is_about("example.com", "x", "example.com.evil.example and \"example.com\"."));
}

}  // namespace
}  // namespace tq
