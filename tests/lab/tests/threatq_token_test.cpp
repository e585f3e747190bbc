// SPDX-License-Identifier: Apache-2.0
// POST /api/token in all request forms that public clients use, and what a token is good for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;

// OAUTHID:OAUTHSECRET
constexpr const char* kBasic = "Authorization: Basic T0FVVEhJRDpPQVVUSFNFQ1JFVA==\r\n";

class Tokens : public testing::Test {
 protected:
  Tokens() : lab({"--oauth-client", "OAUTHID:OAUTHSECRET"}) {}

  // The status of a first call with the token of this answer; 0: there was none.
  int used(const RawAnswer& answer) const {
    const std::string token = Threatq::access_token(answer);
    if (token.empty()) return 0;
    return lab.raw_call("GET", "/api/users/current", "", "Authorization: Bearer " + token + "\r\n")
        .status;
  }

  RawAnswer ask(const std::string& query, const std::string& body,
                const std::string& headers = "") const {
    return lab.raw_call("POST", "/api/token" + query, body, headers);
  }

  Threatq lab;
};

TEST_F(Tokens, PasswordGrantInItsFourForms) {
  const std::string all =
      R"({"grant_type":"password","email":"tq@example.com","password":"secret","client_id":"CLIENT"})";
  EXPECT_EQ(used(ask("?grant_type=password&client_id=CLIENT", Threatq::kLogin)), 200);
  EXPECT_EQ(used(ask("", all)), 200);
  EXPECT_EQ(
      used(ask("", "grant_type=password&email=tq%40example.com&password=secret&client_id=CLIENT")),
      200);
  EXPECT_EQ(used(ask("?grant_type=password&client_id=CLIENT", all)), 200);
}

TEST_F(Tokens, ClientCredentialsInTheirForms) {
  EXPECT_EQ(used(ask("?grant_type=client_credentials", "", kBasic)), 200);
  EXPECT_EQ(used(ask("?grant_type=client_credentials", R"(["OAUTHID","OAUTHSECRET"])", kBasic)),
            200);
  EXPECT_EQ(used(ask("", "grant_type=client_credentials", kBasic)), 200);
  EXPECT_EQ(
      used(ask("?grant_type=client_credentials&client_id=OAUTHID&client_secret=OAUTHSECRET", "")),
      200);
}

TEST_F(Tokens, AnswerHasAllFourKeys) {
  const Json answer = Json::parse(ask("?grant_type=client_credentials", "", kBasic).body);
  EXPECT_EQ(answer.size(), 4U);
  EXPECT_TRUE(answer.at("access_token").is_string());
  EXPECT_TRUE(answer.at("refresh_token").is_string());
  EXPECT_EQ(answer.at("token_type"), "Bearer");
  EXPECT_EQ(answer.at("expires_in"), 172'799);
}

TEST_F(Tokens, RefreshNeedsTheOldTokenAndWorksOnce) {
  const Json first =
      Json::parse(ask("?grant_type=password&client_id=CLIENT", Threatq::kLogin).body);
  const std::string target =
      "?grant_type=refresh_token&refresh_token=" + first["refresh_token"].get<std::string>();
  const std::string bearer =
      "Authorization: Bearer " + first["access_token"].get<std::string>() + "\r\n";
  EXPECT_EQ(ask(target, "").status, 400) << "no old token";
  lab.process.fault(R"({"service":{"expire_tokens":true}})");
  EXPECT_EQ(used(ask(target, "", bearer)), 200) << "an expired one is good enough for this";
  EXPECT_EQ(ask(target, "", bearer).status, 400) << "taken already";
}

TEST_F(Tokens, PrivateClientRefreshesWithBasic) {
  const Json first = Json::parse(ask("?grant_type=client_credentials", "", kBasic).body);
  const std::string target =
      "?grant_type=refresh_token&refresh_token=" + first["refresh_token"].get<std::string>();
  EXPECT_EQ(used(ask(target, "", kBasic)), 200);
}

TEST_F(Tokens, WrongCredentialsAre400) {
  const char* login = Threatq::kLogin;
  EXPECT_EQ(ask("?grant_type=password&client_id=OTHER", login).status, 400);
  EXPECT_EQ(ask("?grant_type=password&client_id=CLIENT", R"({"email":"a","password":"b"})").status,
            400);
  EXPECT_EQ(ask("?grant_type=client_credentials", "", "Authorization: Basic QTpC\r\n").status, 400);
  EXPECT_EQ(ask("?grant_type=client_credentials&client_id=OAUTHID&client_secret=X", "").status,
            400);
  EXPECT_EQ(ask("?grant_type=client_credentials", "").status, 400);
}

TEST_F(Tokens, OtherFormsThanThoseSeenAreTaken) {
  EXPECT_EQ(
      used(ask("?grant_type=password&client_id=CLIENT&email=tq@example.com&password=secret", "")),
      200);
  EXPECT_EQ(used(ask("", R"({"grant_type":"client_credentials"})", kBasic)), 200);
  EXPECT_EQ(used(ask("", R"({"grant_type":"client_credentials","client_id":"OAUTHID",
                             "client_secret":"OAUTHSECRET","scope":7})")),
            200);
  EXPECT_EQ(used(ask("?grant_type=password&client_id=CLIENT&limit=1",
                     R"({"email":"tq@example.com","password":"secret","client_id":"OTHER"})")),
            200)
      << "the query comes first";
}

TEST_F(Tokens, WhatIsNoGrantIsRefused) {
  EXPECT_EQ(ask("?grant_type=magic", "").status, 400);
  EXPECT_EQ(ask("?grant_type=password&client_id=CLIENT", "{").status, 400);
  EXPECT_EQ(lab.raw_call("GET", Threatq::kTokenCall).status, 405);
}

TEST_F(Tokens, RefusalsNeverRepeatSecrets) {
  const RawAnswer answer =
      ask("?grant_type=password&client_id=CLIENT", R"({"email":"x","password":"hunter2"})");
  EXPECT_THAT(answer.head + answer.body, testing::Not(HasSubstr("hunter2")));
}

TEST_F(Tokens, OnlyBearerWithACapitalIsTaken) {
  const auto status = [&](const std::string& header) {
    return lab.raw_call("GET", "/api/objects", "", header).status;
  };
  EXPECT_EQ(status("Authorization: Bearer " + lab.token + "\r\n"), 200);
  EXPECT_EQ(status("Authorization: bearer " + lab.token + "\r\n"), 401);
  EXPECT_EQ(status("Authorization: " + lab.token + "\r\n"), 401);
  EXPECT_EQ(status("Authorization: Bearer nonsense\r\n"), 401);
  EXPECT_EQ(status(""), 401);
}

TEST_F(Tokens, AllDieAtOnceOrAfterSomeCalls) {
  lab.process.fault(R"({"service":{"expire_tokens":2}})");
  EXPECT_EQ(lab.call("GET", "/api/objects").status, 200);
  EXPECT_EQ(lab.call("GET", "/api/objects").status, 200);
  EXPECT_EQ(lab.call("GET", "/api/objects").status, 401);
  lab.token = lab.log_in();
  EXPECT_EQ(lab.call("GET", "/api/objects").status, 200);
  lab.process.fault(R"({"service":{"expire_tokens":true}})");
  EXPECT_EQ(lab.call("GET", "/api/objects").status, 401);
}

TEST(TokenTime, RunsOut) {
  Threatq lab({"--token-seconds", "1"});
  int status = 200;
  for (int i = 0; i < 40 && status == 200; ++i) {
    ::usleep(100'000);
    status = lab.call("GET", "/api/objects").status;
  }
  EXPECT_EQ(status, 401);
}

TEST(Roles, MissingRightsAre403) {
  Threatq lab({"--role", "tq@example.com:read-only", "--generate", "3"});
  EXPECT_EQ(lab.call("POST", "/api/indicators/query", "{}").status, 200);
  EXPECT_EQ(lab.call("POST", "/api/indicators", R"({"type":"FQDN","value":"a.com"})").status, 403);
}

TEST(Roles, WithoutAnyTheTypesComeEmpty) {
  Threatq lab({"--role", "tq@example.com:none"});
  EXPECT_EQ(lab.call("POST", "/api/indicators/query", "{}").status, 403);
  const RawAnswer types = lab.call("GET", "/api/indicator/types");
  EXPECT_EQ(types.status, 200);
  EXPECT_EQ(types.body, "{}");
}

}  // namespace
}  // namespace lab
