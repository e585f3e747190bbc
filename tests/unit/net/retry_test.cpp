// SPDX-License-Identifier: Apache-2.0
// Which answers and failures are tried again, after which waits.
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RetryTest : public ClientTest {
 protected:
  struct Tried {
    std::string outcome;
    int requests = 0;
  };

  // A server that gives the first `bad` answers ("" breaks the connection), then 200.
  Tried tried(const std::string& bad_answer, const std::string& method, bool idempotent,
              int bad = 1, bool no_retry = false) {
    std::atomic<int> requests{0};
    ScriptedServer server(ScriptedServer::serve([&](const Request&, int number) {
      ++requests;
      return number <= bad ? bad_answer : answer(200, "good");
    }));
    HttpRequest what = request(server.url(), method);
    what.idempotent = idempotent;
    what.no_retry = no_retry;
    if (method != "GET") what.body = text_body("body");
    Tried result;
    result.outcome = outcome(what);
    result.requests = requests;
    return result;
  }

  // Waits, rounded to what was asked: some milliseconds pass in between.
  std::vector<uint64_t> seconds() const {
    std::vector<uint64_t> out;
    for (const uint64_t ms : world.sleeps())
      if (ms > 0) out.push_back((ms + 900) / 1000);
    return out;
  }
};

TEST_F(RetryTest, HarmlessRequestsSurviveWhatPasses) {
  for (const int status : {429, 502, 503, 504})
    EXPECT_EQ(tried(answer(status, "bad", "Retry-After: 1\r\n"), "GET", false).outcome, "200 good");
  EXPECT_EQ(tried("", "GET", false).outcome, "200 good");
  EXPECT_EQ(tried("", "PUT", true).outcome, "200 good");
  EXPECT_EQ(tried(answer(504), "PUT", true).outcome, "200 good");
  EXPECT_EQ(tried(answer(500, "bad"), "GET", true).outcome, "500 bad");
  EXPECT_EQ(tried(answer(404, "bad"), "GET", true).outcome, "404 bad");
}

TEST_F(RetryTest, EffectsAreRepeatedOnlyWhenNothingHappened) {
  EXPECT_EQ(tried(answer(429, "", "Retry-After: 1\r\n"), "POST", false).outcome, "200 good");
  EXPECT_EQ(tried(answer(503, "bad", "Retry-After: 1\r\n"), "POST", false).outcome, "503 bad");
  EXPECT_EQ(tried(answer(503, "bad"), "POST", false).outcome, "503 bad");
  EXPECT_EQ(tried(answer(502, "bad"), "POST", false).outcome, "502 bad");
  EXPECT_EQ(tried(answer(504, "bad"), "POST", false).outcome, "504 bad");
  const Tried broken = tried("", "POST", false);
  EXPECT_THAT(broken.outcome, StartsWith("E_TRANSIENT"));
  EXPECT_EQ(broken.requests, 1);
}

TEST_F(RetryTest, NoRetryMeansOneAttempt) {
  for (const std::string& bad : {std::string(), answer(503, "bad"), answer(502, "bad")}) {
    EXPECT_EQ(tried(bad, "GET", true, 1, true).requests, 1);
  }
  EXPECT_THAT(world.sleeps(), IsEmpty());
  EXPECT_EQ(tried(answer(429, "bad"), "GET", true, 1, true).outcome, "429 bad");
}

TEST_F(RetryTest, GivesTheLastAnswerAsItIs) {
  options.max_attempts = 3;
  const Tried result = tried(answer(503, "down"), "GET", false, 100);
  EXPECT_EQ(result.outcome, "503 down");
  EXPECT_EQ(result.requests, 3);
  EXPECT_EQ(world.sleeps().size(), 2u);
}

TEST_F(RetryTest, WaitsAsLongAsTheServerAsks) {
  tried(answer(503, "", "Retry-After: 7\r\n"), "GET", false);
  EXPECT_THAT(seconds(), ElementsAre(7));
}

TEST_F(RetryTest, ATimeInRetryAfterIsWaitedFor) {
  const std::time_t then = std::time(nullptr) + 100;
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
  tried(answer(503, "", std::string("Retry-After: ") + date + "\r\n"), "GET", false);
  ASSERT_EQ(seconds().size(), 1u);
  EXPECT_NEAR(static_cast<double>(seconds()[0]), 100, 2);
}

TEST_F(RetryTest, WaitsAMinuteForA429WithoutATime) {
  tried(answer(429), "GET", false);
  EXPECT_THAT(seconds(), ElementsAre(60));
}

TEST_F(RetryTest, WaitsNoLongerThanItsBound) {
  options.max_retry_after_ms = 20'000;
  tried(answer(429, "", "Retry-After: 86400\r\n"), "GET", false);
  tried(answer(503, "", "Retry-After: 86400\r\n"), "GET", false);
  EXPECT_THAT(seconds(), ElementsAre(20, 20));
}

TEST_F(RetryTest, A429StopsEveryRequestToItsOrigin) {
  ScriptedServer server(ScriptedServer::serve([](const Request& request, int) {
    return request.line().starts_with("GET /limited") ? answer(429, "stop", "Retry-After: 30\r\n")
                                                      : answer(200, "ok");
  }));
  ScriptedServer unrelated(
      ScriptedServer::serve([](const Request&, int) { return answer(200, "ok"); }));
  options.rate.folder = folder.path() / "rate";
  HttpRequest limited = request(server.url("/limited"));
  limited.no_retry = true;
  EXPECT_EQ(outcome(limited), "429 stop");
  EXPECT_EQ(get(unrelated.url()), "200 ok");
  EXPECT_THAT(seconds(), IsEmpty());
  auto other = HttpClient::create(options, world, *log);  // as another worker has it
  ASSERT_TRUE(other);
  HttpRequest innocent = request(server.url("/other"));
  ASSERT_TRUE((*other)->send(innocent, cancel));
  EXPECT_THAT(seconds(), ElementsAre(30));
}

TEST_F(RetryTest, ARateIsSharedByClients) {
  ScriptedServer server(
      ScriptedServer::serve([](const Request&, int) { return answer(200, "ok"); }));
  options.rate.folder = folder.path();
  client().limit_rate(parse_url(server.url())->origin, 2);
  auto other = HttpClient::create(options, world, *log);
  ASSERT_TRUE(other);
  const int64_t start_ms = world.now_ms();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(get(server.url()), "200 ok");
    ASSERT_TRUE((*other)->send(request(server.url()), cancel));
  }
  EXPECT_GE(world.now_ms() - start_ms, 150'000 - 1'000);
}

TEST_F(RetryTest, AnUnusableRateFolderIsSaid) {
  std::filesystem::create_directory(folder.path() / "x");
  options.rate.folder = "/proc/no/such";
  auto made = HttpClient::create(options, world, *log);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("/proc/no"));
}

}  // namespace
}  // namespace tq::test
