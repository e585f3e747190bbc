// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tqp/result.hpp>

namespace {

using testing::Each;

tqp::Result<int> half(int n) {
  if (n % 2 != 0) return tqp::Error{TQP_E_DATA, std::to_string(n) + " is odd", "/n"};
  return n / 2;
}

tqp::Result<int> quarter(int n) {
  TQP_ASSIGN(const int once, half(n));
  TQP_ASSIGN(const int twice, half(once));
  return twice;
}

tqp::Result<void> divisible_by_four(int n) {
  TQP_TRY(quarter(n));
  return {};
}

TEST(Result, AssignGivesTheValueOrLeavesWithTheError) {
  EXPECT_EQ(quarter(12).value(), 3);
  const tqp::Result<int> odd = quarter(6);
  ASSERT_FALSE(odd.ok());
  EXPECT_EQ(odd.error().status, TQP_E_DATA);
  EXPECT_EQ(odd.error().message, "3 is odd");
  EXPECT_EQ(odd.error().field, "/n");
}

TEST(Result, TryOfAnyResultWorksInAVoidFunction) {
  EXPECT_TRUE(divisible_by_four(8).ok());
  EXPECT_EQ(divisible_by_four(7).error().message, "7 is odd");
}

TEST(Error, InPutsTheContextInFront) {
  EXPECT_EQ((tqp::Error{TQP_E_DATA, "odd"}).in("row 3").message, "row 3: odd");
}

TEST(Error, StoreCutsAtACharacter) {
  tqp_error out;
  std::memset(&out, 'z', sizeof out);
  out.size = sizeof out;
  // The two-byte character would straddle the end of message[512].
  const tqp::Error error{TQP_E_DATA, std::string(510, 'a') + "\xC3\xA9", std::string(127, 'f'), 404,
                         9};
  error.store(&out);
  EXPECT_EQ(std::string(out.message), std::string(510, 'a'));
  EXPECT_EQ(std::string(out.field), std::string(127, 'f'));
  EXPECT_EQ(out.http_status, 404);
  EXPECT_EQ(out.retry_after_ms, 9u);
}

TEST(Error, StoreToleratesNullAndShorterStructs) {
  const tqp::Error error{TQP_E_DATA, "text"};
  error.store(nullptr);
  unsigned char bytes[sizeof(tqp_error)];
  std::memset(bytes, 0x5A, sizeof bytes);
  auto* const shorter = reinterpret_cast<tqp_error*>(bytes);
  shorter->size = 16;  // of a version without texts
  error.store(shorter);
  EXPECT_THAT(std::vector<unsigned char>(bytes + 16, bytes + sizeof bytes), Each(0x5A));
}

TEST(Utf8Cut, NeverSplitsACharacter) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1, 2, 3 and 4 bytes
  const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t limit = 0; limit < std::size(ends); ++limit) {
    EXPECT_EQ(tqp::utf8_cut(text, limit).size(), ends[limit]) << limit;
  }
}

TEST(Shortened, SaysThatItIs) {
  EXPECT_EQ(tqp::shortened("whole", 5), "whole");
  EXPECT_EQ(tqp::shortened("longer", 5), "lo...");
  EXPECT_EQ(tqp::shortened("l\xC3\xA9nger", 5), "l...") << "at a character";
}

TEST(Fault, CarriesEverythingBack) {
  tqp::Fault fault;
  const tqp::Error sent{TQP_E_LIMITED, "slow down", "/rate", 429, 1500};
  sent.store(fault.raw());
  const tqp::Error got = fault.as(TQP_E_LIMITED);
  EXPECT_EQ(got.message, sent.message);
  EXPECT_EQ(got.field, sent.field);
  EXPECT_EQ(got.http_status, 429);
  EXPECT_EQ(got.retry_after_ms, 1500u);
}

}  // namespace
