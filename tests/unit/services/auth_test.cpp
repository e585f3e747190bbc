// SPDX-License-Identifier: Apache-2.0
#include "services/auth.hpp"

#include <gmock/gmock.h>

#include "core/digest.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class AuthTest : public testing::Test {
 protected:
  Result<std::string> evaluate(std::string_view text) const {
    TQ_ASSIGN(const Template filled, Template::fill(text, {settings, secrets}));
    return filled.evaluate({"POST", "/a/b?c=d%7B", 1'700'000'000});
  }
  std::string good(std::string_view text) const {
    auto result = evaluate(text);
    EXPECT_TRUE(result.ok()) << result.error().message;
    return result.ok() ? result.take() : std::string();
  }
  Error bad(std::string_view text) const {
    auto result = evaluate(text);
    EXPECT_FALSE(result.ok()) << text;
    return result.ok() ? Error{} : std::move(result.error());
  }

  Json settings = {
      {"id", "ID1"}, {"port", 8443}, {"tls", true}, {"list", {"a"}}, {"none", nullptr}};
  std::map<std::string, Secret> secrets = {{"/key", Secret("k3y")}};
};

TEST_F(AuthTest, PutsValuesIntoLiteralText) {
  EXPECT_EQ(good(""), "");
  EXPECT_EQ(good("Bearer token"), "Bearer token");
  EXPECT_EQ(good("{/key}/{/id}"), "k3y/ID1");
  EXPECT_EQ(good("p={/port} t={/tls}."), "p=8443 t=true.");
}

TEST_F(AuthTest, KnowsTheAttempt) {
  EXPECT_EQ(good("{unix_s} {method} {target}"), "1700000000 POST /a/b?c=d%7B");
}

TEST_F(AuthTest, SignsATemplate) {
  EXPECT_EQ(good("TC {/id}:{hmac_sha256:/key:{target}:{method}:{unix_s}}"),
            "TC ID1:" + base64(hmac_sha256("k3y", "/a/b?c=d%7B:POST:1700000000")));
  EXPECT_EQ(good("{hmac_sha256:/key:}"), base64(hmac_sha256("k3y", "")));
}

TEST_F(AuthTest, SignaturesNest) {
  secrets.emplace("/braces", Secret("a{"));
  EXPECT_EQ(good("{hmac_sha256:/key:x{hmac_sha256:/key:{/braces}{method}}y}"),
            base64(hmac_sha256("k3y", "x" + base64(hmac_sha256("k3y", "a{POST")) + "y")));
}

TEST_F(AuthTest, NeverExpandsAValue) {
  secrets.at("/key") = Secret("{/id}{unix_s}");
  settings["id"] = "{/key}";
  EXPECT_EQ(good("{/key} {/id}"), "{/id}{unix_s} {/key}");
}

TEST_F(AuthTest, NamesAMissingSetting) {
  for (const char* pointer : {"/missing", "/none", "/list"}) {
    const Error error = bad(std::string("{") + pointer + "}");
    EXPECT_EQ(error.status, Status::kConfig);
    EXPECT_EQ(error.field, pointer);
    EXPECT_THAT(error.message, HasSubstr(pointer));
  }
  EXPECT_EQ(bad("{hmac_sha256:/missing:text}").field, "/missing");
  EXPECT_EQ(bad("{hmac_sha256:/key:{/missing}}").field, "/missing");
}

TEST_F(AuthTest, RefusesLineEndsInWhatBecomesAHeader) {
  for (const char* text : {"k3y\n", "k3y\r\nX-Evil: 1", "k\x01y"}) {
    secrets.at("/key") = Secret(text);
    const Error error = bad("{/key}");
    EXPECT_EQ(error.status, Status::kConfig);
    EXPECT_EQ(error.field, "/key");
    EXPECT_THAT(error.message, Not(HasSubstr("k3y")));
  }
  secrets.at("/key") = Secret("k3y\n");
  EXPECT_EQ(good("{hmac_sha256:/key:x}"), base64(hmac_sha256("k3y\n", "x"))) << "no header text";
}

TEST_F(AuthTest, RefusesMalformedTemplates) {
  for (const char* text : {"{/key", "/key}", "{", "}{", "{hmac_sha256:/key:{target}", "a\nb",
                           "{hmac_sha256:/key}", "{hmac_sha256:key:x}", "{hmac_sha256:}", "{}"}) {
    const Error error = bad(text);
    EXPECT_EQ(error.status, Status::kConfig) << text;
    EXPECT_EQ(error.field, "") << text;
  }
  EXPECT_THAT(bad("{md5:/key:x}").message, HasSubstr("{md5:/key:x}"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{hmac_sha256:/key:";
  EXPECT_EQ(bad(deep + std::string(100, '}')).status, Status::kConfig);
}

class EntryTest : public AuthTest {
 protected:
  Result<std::shared_ptr<const Auth>> fill(const AuthEntry& entry) const {
    return Auth::fill("tc", entry, {settings, secrets});
  }
};

TEST_F(EntryTest, SetsItsHeaders) {
  auto auth =
      fill({"/url", {{"Authorization", "TC {/id}:{/key}"}, {"Timestamp", "{unix_s}"}}, "", ""});
  ASSERT_TRUE(auth.ok());
  Headers headers = {{"Accept", "a/b"}};
  (*auth)->authorize({"GET", "/", 5}, &headers);
  EXPECT_THAT(headers, ElementsAre(Pair("Accept", "a/b"), Pair("Authorization", "TC ID1:k3y"),
                                   Pair("Timestamp", "5")));
  EXPECT_TRUE((*auth)->sets("AUTHORIZATION"));
  EXPECT_FALSE((*auth)->sets("Accept"));
}

TEST_F(EntryTest, BasicIsUserAndPassword) {
  secrets.emplace("/password", Secret("open sesame"));
  settings["user"] = "Aladdin";
  auto auth = fill({"/url", {}, "/user", "/password"});
  ASSERT_TRUE(auth.ok());
  Headers headers;
  (*auth)->authorize({"GET", "/", 0}, &headers);
  EXPECT_THAT(headers, ElementsAre(Pair("Authorization",
                                        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")));  // RFC 7617
  EXPECT_TRUE((*auth)->sets("authorization"));
}

TEST_F(EntryTest, BasicNamesWhatCannotBe) {
  settings["user"] = "a:b";
  auto colon = fill({"/url", {}, "/user", "/key"});
  ASSERT_FALSE(colon.ok());
  EXPECT_EQ(colon.error().field, "/user");
  settings["user"] = "a";
  secrets.at("/key") = Secret("k3y\n");
  auto line = fill({"/url", {}, "/user", "/key"});
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().field, "/key");
}

TEST_F(EntryTest, NeverSetsWhatIsTheHosts) {
  for (const char* header : {"Host", "content-length", "X Y", ""}) {
    auto auth = fill({"/url", {{header, "x"}}, "", ""});
    ASSERT_FALSE(auth.ok()) << header;
    EXPECT_THAT(auth.error().message, HasSubstr("\"tc\""));
  }
}

}  // namespace
}  // namespace tq
