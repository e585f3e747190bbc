// SPDX-License-Identifier: Apache-2.0
#include "threatq/token.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "core/json.hpp"
#include "unit/threatq/fake_http.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class TokensTest : public testing::Test {
 protected:
  // Answers with "t1", "t2" and so on.
  TokensTest() {
    http_.handler = [this](const Seen&) {
      return Reply{200, R"({"access_token":"access-)" + std::to_string(++given_) +
                            R"(","token_type":"bearer",)" + life_ +
                            R"("refresh_token":"re+fresh"})"};
    };
  }
  std::string text(const Result<TokenPtr>& token) {
    return token ? std::string((*token)->access.reveal()) : token.error().message;
  }
  std::string current() { return text(tokens().current(cancel_)); }
  Tokens& tokens() {
    if (!tokens_) tokens_ = std::make_unique<Tokens>(options_, http_, world_, log_);
    return *tokens_;
  }
  Error refused(Reply reply) {
    http_.handler = [reply](const Seen&) { return reply; };
    auto token = tokens().current(cancel_);
    EXPECT_FALSE(token.ok());
    return token ? Error{} : token.error();
  }

  FakeHttp http_;
  FakeWorld world_;
  FakeLog log_;
  Cancel cancel_;
  ThreatqOptions options_ = password_options();
  std::string life_ = R"("expires_in":1000,)";
  int given_ = 0;
  std::unique_ptr<Tokens> tokens_;
};

TEST_F(TokensTest, LogInWithPassword) {
  EXPECT_EQ(current(), "access-1");
  const Seen seen = http_.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/api/token?grant_type=password&client_id=client%20id");
  EXPECT_EQ(Json::parse(seen.body),
            Json({{"email", "bob@example.com"}, {"password", "pass\"word-1"}}));
  EXPECT_EQ(seen.authorization, "");
  EXPECT_FALSE(seen.idempotent) << "a redirect would be followed with the password";
}

TEST_F(TokensTest, PairIsPreferred) {
  options_ = pair_options();
  EXPECT_EQ(current(), "access-1");
  const Seen seen = http_.requests().at(0);
  EXPECT_EQ(seen.target, "/api/token?grant_type=client_credentials");
  EXPECT_EQ(seen.authorization, "Basic cGFpcmlkOnBhaXItc2VjcmV0");
  EXPECT_EQ(seen.body, "");
}

TEST_F(TokensTest, IsKeptWhileItIsGood) {
  current();
  world_.pass_s(790);
  EXPECT_EQ(current(), "access-1");
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(TokensTest, IsRenewedEarlyByItsRefreshToken) {
  current();
  world_.pass_s(801);
  EXPECT_EQ(current(), "access-2");
  const Seen seen = http_.requests().at(1);
  EXPECT_EQ(seen.target, "/api/token?grant_type=refresh_token&refresh_token=re%2Bfresh");
  EXPECT_EQ(seen.authorization, "Bearer access-1");
}

TEST_F(TokensTest, ShortLivesAreRenewedAMinuteBeforeTheirEnd) {
  life_ = R"("expires_in":"150",)";
  current();
  world_.pass_s(89);
  EXPECT_EQ(current(), "access-1");
  world_.pass_s(2);
  EXPECT_EQ(current(), "access-2");
}

TEST_F(TokensTest, LivesHalfAnHourWhenNothingIsSaid) {
  life_ = "";
  current();
  world_.pass_s(24 * 60 - 1);
  EXPECT_EQ(current(), "access-1");
  world_.pass_s(2);
  EXPECT_EQ(current(), "access-2");
}

TEST_F(TokensTest, RefusedRenewalBecomesALogIn) {
  current();
  world_.pass_s(900);
  const auto right = http_.handler;
  http_.handler = [&](const Seen& seen) {
    return seen.target.find("refresh_token") != std::string::npos ? Reply{400, "{}"} : right(seen);
  };
  EXPECT_EQ(current(), "access-2");
  EXPECT_THAT(http_.requests().at(2).target, HasSubstr("grant_type=password"));
}

TEST_F(TokensTest, PairLogsInAnewInsteadOfRefreshing) {
  options_ = pair_options();
  current();
  world_.pass_s(900);
  EXPECT_EQ(current(), "access-2");
  EXPECT_THAT(http_.requests().at(1).target, HasSubstr("client_credentials"));
}

TEST_F(TokensTest, ReplacedOnceForAllWhoseTokenWasRefused) {
  const TokenPtr old = *tokens().current(cancel_);
  EXPECT_EQ(text(tokens().replace(old, cancel_)), "access-2");
  EXPECT_EQ(text(tokens().replace(old, cancel_)), "access-2");
  ASSERT_THAT(http_.requests(), SizeIs(2));
  EXPECT_THAT(http_.requests().at(1).target, HasSubstr("grant_type=password"));
}

TEST_F(TokensTest, ManyThreadsLogInOnce) {
  tokens();
  std::vector<std::thread> threads;
  std::atomic<int> same{0};
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { same += current() == "access-1"; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 8);
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(TokensTest, BrokenConnectionsAndBusyServersAreTriedAgain) {
  const auto right = http_.handler;
  int attempt = 0;
  http_.handler = [&](const Seen& seen) {
    switch (++attempt) {
      case 1:
        return Reply{.error = Error{Status::kTransient, "reset"}};
      case 2:
        return Reply{503, "busy", {{"Retry-After", "2"}}};
      case 3:
        return Reply{.body = R"({"acc)", .cut = true};
      default:
        return right(seen);
    }
  };
  EXPECT_EQ(current(), "access-1");
  EXPECT_GE(world_.slept_ms(), 2000u);
}

TEST_F(TokensTest, GivesUpInTheEnd) {
  const Error down = refused({.error = Error{Status::kTransient, "no route"}});
  EXPECT_EQ(down.status, Status::kTransient);
  EXPECT_THAT(down.message, HasSubstr("tq.example: no route"));
  EXPECT_THAT(http_.requests(), SizeIs(5));
  const Error busy = refused({429, "", {{"Retry-After", "600"}}});
  EXPECT_EQ(busy.status, Status::kLimited);
  EXPECT_EQ(busy.retry_after_ms, 600'000u);
}

TEST_F(TokensTest, ALogInComesBackWithinAQuarterOfAnHourWhateverTheServerAsks) {
  for (const char* asked : {"604800", "Fri, 31 Dec 9999 23:59:59 GMT"})
    for (const int status : {429, 503}) {
      const Error busy = refused({status, "", {{"Retry-After", asked}}});
      EXPECT_EQ(busy.status, Status::kLimited);
      EXPECT_EQ(busy.retry_after_ms, 900'000u) << asked;
    }
  EXPECT_EQ(world_.slept_ms(), 0u) << "nobody waits that long for a log-in: the run ends";
}

TEST_F(TokensTest, ALogInWaitsAndSaysWhatWasAsked) {
  const auto right = http_.handler;
  std::vector<Reply> answers = {{429, ""},
                                {503, "", {{"Retry-After", "0"}}},
                                {503,
                                 "",
                                 {{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"},
                                  {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}}};
  http_.handler = [&](const Seen& seen) {
    if (answers.empty()) return right(seen);
    const Reply next = answers.front();
    answers.erase(answers.begin());
    return next;
  };
  EXPECT_EQ(current(), "access-1");
  EXPECT_GE(world_.slept_ms(), 60'000u + 1'000 + 20'000);
  EXPECT_LE(world_.slept_ms(), 60'000u + 1'500 + 20'000);
  EXPECT_THAT(log_.text(), HasSubstr("tried again after HTTP 429, waiting 60 s, because it gave no "
                                     "time"));
  EXPECT_THAT(log_.text(), HasSubstr("it asked for 0 s (Retry-After: 0)"));
  EXPECT_THAT(log_.text(), HasSubstr("after HTTP 503, waiting 20 s; it asked for 20 s"));
}

TEST_F(TokensTest, WrongLogInIsToldWithoutThePassword) {
  for (const int status : {400, 401, 403}) {
    const Error error = refused({status, R"({"errors":["wrong password pass\"word-1 for bob"]})"});
    EXPECT_EQ(error.status, Status::kAuth);
    EXPECT_EQ(error.http_status, status);
    EXPECT_EQ(error.field, "/threatq/password");
    EXPECT_THAT(error.message, HasSubstr("tq.example refused the log-in of bob@example.com"));
    EXPECT_THAT(error.message, HasSubstr("Check the username, the password and the client ID"));
    EXPECT_THAT(error.message, Not(HasSubstr("word-1")));
  }
}

TEST_F(TokensTest, WrongPairIsToldWithoutTheSecret) {
  options_ = pair_options();
  const Error error = refused({401, "pair-secret is wrong"});
  EXPECT_EQ(error.status, Status::kAuth);
  EXPECT_EQ(error.field, "/threatq/oauth_client/secret");
  EXPECT_THAT(error.message, HasSubstr("OAuth client pairid"));
  EXPECT_THAT(error.message, Not(HasSubstr("pair-secret")));
}

TEST_F(TokensTest, RedirectIsNotFollowed) {
  const Error error = refused({307, "", {{"Location", "https://evil.example/api/token"}}});
  EXPECT_EQ(error.status, Status::kConfig);
  EXPECT_EQ(error.field, "/threatq/host");
  EXPECT_THAT(error.message, HasSubstr("evil.example"));
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(TokensTest, StrangeAnswersAreTold) {
  EXPECT_THAT(refused({200, "<html>Welcome</html>"}).message, HasSubstr("not JSON (HTTP 200)"));
  EXPECT_THAT(refused({200, R"({"token_type":"Bearer"})"}).message, HasSubstr("no access_token"));
  const Error errors = refused({200, R"({"errors":["locked out"],"access_token":"x"})"});
  EXPECT_EQ(errors.status, Status::kAuth);
  EXPECT_THAT(errors.message, HasSubstr("locked out"));
  EXPECT_EQ(refused({404, "nothing here"}).status, Status::kConfig);
  EXPECT_EQ(refused({500, ""}).status, Status::kTransient);
}

// Only 200 with JSON is documented; whether another answer holds a token is seen by its use.
TEST_F(TokensTest, AnAnswerThatIsNotTheDocumentedOneIsProvedByAskingWhoItIs) {
  const std::string body = R"({"access_token":"odd","refresh_token":"r"})";
  const Headers plain = {{"Content-Type", "text/plain"}};
  for (const Reply& odd : {Reply{201, body}, Reply{202, body}, Reply{203, body}, Reply{206, body},
                           Reply{200, body, plain}}) {
    const std::vector<std::pair<Reply, bool>> answers = {
        {{200, R"({"data":{"id":3}})"}, true},
        {{200, "[]"}, true},
        {{200, R"({"success":true})"}, true},
        {{403, "{}"}, true},
        {{404, R"({"errors":["Not found"]})"}, true},
        {{404, "<html>Log in</html>"}, false},
        {{200, "<html>Log in</html>"}, false},
        {{200, "one moment"}, false},
        {{302, "", {{"Location", "https://portal.example/"}}}, false},
        {{401, "{}"}, false}};
    for (const auto& answer : answers) {
      const Reply& who = answer.first;
      const bool known = answer.second;
      tokens_.reset();
      http_.handler = [&](const Seen& seen) {
        if (seen.target != "/api/users/current") return odd;
        EXPECT_EQ(seen.authorization, "Bearer odd");
        return who;
      };
      auto token = tokens().current(cancel_);
      EXPECT_EQ(token.ok(), known) << odd.status << " " << who.status << " " << who.body;
      if (!token) EXPECT_THAT(token.error().message, HasSubstr("a token that it does not know"));
    }
  }
}

TEST_F(TokensTest, ABusyServerNeitherConfirmsNorRefutesAToken) {
  Reply who;
  http_.handler = [&](const Seen& seen) {
    return seen.target == "/api/users/current" ? who : Reply{202, R"({"access_token":"odd-1"})"};
  };
  who = {429, "", {{"Retry-After", "9"}}};
  const auto limited = tokens().current(cancel_);
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().status, Status::kLimited);
  EXPECT_EQ(limited.error().retry_after_ms, 9000u);
  who = {500, R"({"errors":["odd-1 met a wall"]})"};
  const auto down = tokens().current(cancel_);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().status, Status::kTransient);
  EXPECT_EQ(down.error().http_status, 500);
  EXPECT_THAT(down.error().message, HasSubstr("met a wall"));
  EXPECT_THAT(down.error().message, Not(HasSubstr("odd-1"))) << "hidden before it is taken";
}

// Only the token that is used is hidden for as long as it is; many that were refused do not push it
// or the one before it out.
TEST_F(TokensTest, ATokenThatIsNotTakenIsNotHiddenInThePlaceOfThePresentOne) {
  current();
  const TokenPtr present = *tokens().current(cancel_);
  int odd = 0;
  http_.handler = [&](const Seen& seen) {
    return seen.target == "/api/users/current"
               ? Reply{401, "{}"}
               : Reply{202, R"({"access_token":"odd-)" + std::to_string(++odd) + R"("})"};
  };
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(tokens().replace(present, cancel_));
  EXPECT_EQ(log_.redactor().clean("access-1!"), "***!");
}

TEST_F(TokensTest, MissingCredentialsAreNamedBeforeAnythingIsSent) {
  options_.client_id.clear();
  EXPECT_EQ(refused({}).field, "/threatq/client_id");
  options_ = password_options();
  options_.password = Secret();
  EXPECT_EQ(refused({}).field, "/threatq/password");
  options_ = pair_options();
  options_.username.clear();
  options_.password = Secret();
  options_.oauth_secret = Secret();
  const Error error = refused({});
  EXPECT_EQ(error.field, "/threatq/oauth_client/secret");
  EXPECT_EQ(error.status, Status::kConfig);
  EXPECT_THAT(http_.requests(), SizeIs(0));
}

TEST_F(TokensTest, CancelEndsALogIn) {
  http_.handler = [](const Seen&) { return Reply{.hang = true}; };
  std::thread stopper([this] {
    while (http_.hanging == 0) std::this_thread::yield();
    cancel_.cancel();
  });
  auto token = tokens().current(cancel_);
  stopper.join();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().status, Status::kCancelled);
}

TEST_F(TokensTest, LogsHaveTheEventAndNoSecret) {
  current();
  EXPECT_THAT(log_.text(), HasSubstr("threatq.login"));
  EXPECT_THAT(log_.text(), Not(HasSubstr("access-1")));
  EXPECT_EQ(log_.redactor().clean("x access-1 y"), "x *** y");
}

// A listener lives for months: what it hides must not grow with every token.
TEST_F(TokensTest, HidesThePresentAccessTokenAndTheOneBefore) {
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(current(), "access-" + std::to_string(i));
    world_.pass_s(801);
  }
  EXPECT_EQ(log_.redactor().clean("access-3, access-4"), "***, ***");
  EXPECT_EQ(log_.redactor().clean("it was access-1, access-2!"), "it was access-1, access-2!");
  tokens_.reset();
  EXPECT_EQ(log_.redactor().clean("access-3, access-4"), "***, ***") << "late lines";
}

TEST_F(TokensTest, ARefusalShowsNoHalfOfThePassword) {
  options_.password = Secret("pass/word-1-of-26-letters!");
  for (size_t fill = 170; fill < 205; ++fill) {
    tokens_.reset();
    const Error error = refused(
        {401, "{\"errors\":[\"" + std::string(fill, 'x') + " pass\\/word-1-of-26-letters!\"]}"});
    EXPECT_THAT(error.message, Not(HasSubstr("pass/"))) << fill;
    EXPECT_THAT(error.message, Not(HasSubstr(" pass."))) << fill;
  }
}

}  // namespace
}  // namespace tq
