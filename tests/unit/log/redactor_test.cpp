// SPDX-License-Identifier: Apache-2.0
#include "log/redactor.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "S3cret/\"Wort\" +\\\n ä";

TEST(Redactor, HidesAValueInEveryForm) {
  Redactor redactor;
  redactor.add_value(kSecret);
  std::string lower = percent_encode(kSecret);
  for (size_t at = lower.find('%'); at != std::string::npos; at = lower.find('%', at + 1))
    lower.replace(at, 3, to_lower(lower.substr(at, 3)));
  for (const std::string& form : {kSecret, percent_encode(kSecret), lower, dump_json(kSecret)})
    EXPECT_THAT(redactor.clean("before " + form + " after"),
                testing::AnyOf("before *** after", "before \"***\" after"))
        << form;
  EXPECT_EQ(redactor.clean("a=" + kSecret + kSecret), "a=******");
}

TEST(Redactor, HidesAFormEncodedValue) {
  Redactor redactor;
  redactor.add_value("two words");
  EXPECT_EQ(redactor.clean("x=two+words&y"), "x=***&y");
}

TEST(Redactor, HidesAValueInsideALongerBase64Text) {
  Redactor redactor;
  const std::string secret = "correct horse battery staple";
  redactor.add_value(secret);
  for (const char* user : {"a:", "ab:", "abc:", "abcd:"}) {
    const std::string cleaned = redactor.clean("Basic " + base64(user + secret));
    EXPECT_THAT(cleaned, HasSubstr("***")) << user;
    // Of what is left at the edges no word of the secret can be told.
    EXPECT_LT(cleaned.size(), std::string("Basic ").size() + 3 + 4 + 4 + 8) << cleaned;
  }
}

TEST(Redactor, LongerSecretIsHiddenWholeWhenAShorterOneIsPartOfIt) {
  Redactor redactor;
  redactor.add_value("token");
  redactor.add_value("token-of-the-day");
  EXPECT_EQ(redactor.clean("it is token-of-the-day"), "it is ***");
}

TEST(Redactor, LeavesShortValuesAlone) {
  Redactor redactor;
  redactor.add_value("abc");
  redactor.add_value("");
  EXPECT_EQ(redactor.clean("abc"), "abc");
}

TEST(Redactor, HidesWhatStandsBehindASecretKey) {
  Redactor redactor;
  redactor.add_key("X-Key");
  EXPECT_EQ(redactor.clean("GET /a?token=abc&b=1"), "GET /a?token=***&b=1");
  EXPECT_EQ(redactor.clean("Authorization: Bearer abc.def\nHost: x"),
            "Authorization: ***\nHost: x");
  EXPECT_EQ(redactor.clean(R"({"password": "a\"b", "user": "u"})"),
            R"({"password": "***", "user": "u"})");
  EXPECT_EQ(redactor.clean(R"({"Access_Token":"abc"})"), R"({"Access_Token":"***"})");
  EXPECT_EQ(redactor.clean("x-key: 1 2"), "x-key: ***");
  EXPECT_EQ(redactor.clean("key=1 monkey=2"), "key=1 monkey=2");
  EXPECT_EQ(redactor.clean("password="), "password=");
  EXPECT_TRUE(redactor.is_secret_key("PASSWORD"));
  EXPECT_FALSE(redactor.is_secret_key("user"));
}

TEST(Redactor, LeavesTheReasonBehindAPathThatEndsLikeAKey) {
  const Redactor redactor;
  for (const char* text : {"POST https://tq.example/api/token: Connection refused",
                           "/api_secret_key: it cannot be opened"})
    EXPECT_EQ(redactor.clean(text), text);
  EXPECT_EQ(redactor.clean("GET https://tq.example/token?token=abcd1234"),
            "GET https://tq.example/token?token=***");
  EXPECT_EQ(redactor.clean("token: abcd1234"), "token: ***");
}

TEST(Redactor, MayLearnWhileOthersClean) {
  Redactor redactor;
  std::atomic<bool> stop{false};
  std::thread cleaner([&] {
    while (!stop) EXPECT_THAT(redactor.clean("known first-secret"), HasSubstr("known "));
  });
  redactor.add_value("first-secret");
  for (int i = 0; i < 200; ++i) redactor.add_value("secret number " + std::to_string(i));
  stop = true;
  cleaner.join();
  EXPECT_THAT(redactor.clean("first-secret, secret number 77"), Not(HasSubstr("77")));
}

}  // namespace
}  // namespace tq
