// SPDX-License-Identifier: Apache-2.0
#include "threatq/errors.hpp"

#include <gmock/gmock.h>

#include "unit/threatq/fake_http.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

const Asked kAsked{"tq.example", "bob", "reading X", "read indicators"};

Error refuse(Reply reply, const Redactor& redactor = Redactor()) {
  FakeResponse response(std::move(reply));
  return refusal(kAsked, response, redactor, 0);
}

std::string said_in(std::string_view body) { return server_text(body, Redactor()); }

TEST(ServerText, TakesBothErrorForms) {
  EXPECT_EQ(said_in(R"({"data":{"errors":{"email":["is needed","is short"]}}})"),
            "email: is needed; is short");
  EXPECT_EQ(said_in(R"({"errors":["one",["part 1","part 2"]]})"), "one; part 1 part 2");
  EXPECT_EQ(said_in(R"({"error":"invalid_grant","message":"no"})"), "no");
}

TEST(ServerText, TakesWhatIsNotJson) {
  EXPECT_EQ(said_in("<html><title>502 Bad\nGateway</title>\n<body></body></html>"),
            "502 Bad Gateway");
  EXPECT_EQ(said_in("{\"broken\":\x01"), "{\"broken\":?");
  EXPECT_EQ(said_in("{}"), "");
  EXPECT_EQ(said_in(""), "");
  EXPECT_LT(said_in(std::string(100'000, 'x')).size(), 210u);
}

TEST(ServerText, HidesASecretThatLooksLikeATagOrHasBlanks) {
  Redactor redactor;
  for (const char* secret : {"s3cr>et-9977", "<9977>-s3cret", "s3cr<et-9977", "s3cret  9977"}) {
    redactor.add_value(secret);
    for (const std::string& body :
         {std::string("wrong: ") + secret, std::string("<p>wrong:</p>\n<b>") + secret + "</b>",
          std::string("{\"half\": \"wrong: ") + secret}) {
      const std::string said = server_text(body, redactor);
      EXPECT_THAT(said, HasSubstr("wrong: "));
      EXPECT_THAT(said, Not(HasSubstr("s3cr"))) << secret;
      EXPECT_THAT(said, Not(HasSubstr("9977"))) << secret;
    }
  }
}

TEST(HasErrors, OnlyWhenThereAreSome) {
  EXPECT_TRUE(has_errors(Json::parse(R"({"errors":["x"],"data":[]})")));
  EXPECT_FALSE(has_errors(Json::parse(R"({"errors":[],"data":[]})")));
  EXPECT_FALSE(has_errors(Json::parse(R"({"errors":null})")));
  EXPECT_FALSE(has_errors(Json::parse("[1]")));
}

TEST(Refusal, SaysWhichRightIsMissing) {
  const Error error = refuse({403, R"({"errors":["no"]})"});
  EXPECT_EQ(error.status, Status::kAuth);
  EXPECT_EQ(error.http_status, 403);
  EXPECT_EQ(error.message,
            "ThreatQ at tq.example: reading X failed: HTTP 403 (no). Give bob a role in ThreatQ "
            "that may read indicators.");
}

TEST(Refusal, HasTheStatusThatFits) {
  EXPECT_EQ(refuse({400, ""}).status, Status::kConfig);
  EXPECT_EQ(refuse({404, ""}).status, Status::kConfig);
  EXPECT_EQ(refuse({302, "", {{"Location", "https://else.example/"}}}).status, Status::kConfig);
  EXPECT_EQ(refuse({408, ""}).status, Status::kTransient);
  EXPECT_EQ(refuse({500, ""}).status, Status::kTransient);
  EXPECT_EQ(refuse({503, ""}).status, Status::kTransient);
}

TEST(Refusal, SaysWhenToComeBack) {
  const Error limited = refuse({429, "", {{"Retry-After", "7"}}});
  EXPECT_EQ(limited.status, Status::kLimited);
  EXPECT_EQ(limited.retry_after_ms, 7000u);
  EXPECT_EQ(refuse({429, ""}).retry_after_ms, 60'000u);
  EXPECT_EQ(refuse({429, "", {{"Retry-After", "Thu, 01 Jan 1970 00:00:09 GMT"}}}).retry_after_ms,
            9000u);
  EXPECT_EQ(refuse({503, "", {{"Retry-After", "3"}}}).status, Status::kLimited);
}

TEST(Refusal, ComesBackWithinAQuarterOfAnHourWhateverTheServerAsks) {
  for (const char* asked : {"86400", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT",
                            "Friday, 31-Dec-60 23:59:59 GMT"})
    EXPECT_EQ(refuse({429, "", {{"Retry-After", asked}}}).retry_after_ms, 900'000u) << asked;
  EXPECT_EQ(refuse({429, "", {{"Retry-After", "0"}}}).retry_after_ms, 1'000u);
  EXPECT_EQ(refuse({429, "", {{"Retry-After", "soon"}}}).retry_after_ms, 60'000u);
  EXPECT_EQ(refuse({429,
                    "",
                    {{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"},
                     {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}})
                .retry_after_ms,
            20'000u);
}

TEST(Refusal, RepeatsNoSecretOfTheServer) {
  Redactor redactor;
  redactor.add_value("token-0815");
  EXPECT_THAT(refuse({500, "bad token-0815"}, redactor).message, Not(HasSubstr("0815")));
}

TEST(Refusal, RepeatsNoHalfASecretAtItsEnd) {
  Redactor redactor;
  redactor.add_value("token/0815-of-26-letters-x");
  for (size_t fill = 170; fill < 205; ++fill)
    for (const std::string& said :
         {std::string(fill, 'x') + " token\\/0815-of-26-letters-x",
          std::string(fill, 'x') + " token/0815-of-26-letters-x <b>is</b> wrong"})
      for (const std::string& body : {said, "{\"errors\":[\"" + said + "\"]}"})
        EXPECT_THAT(refuse({500, body}, redactor).message, Not(HasSubstr("toke"))) << fill;
}

}  // namespace
}  // namespace tq
