// SPDX-License-Identifier: Apache-2.0
// How long a server may make its clients wait, and what is told of it.
#include "net/retry_after.hpp"

#include <tqp/retry_after.hpp>

#include "core/file.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr int64_t kThenMs = 784111777000;
constexpr const char* kThen = "Sun, 06 Nov 1994 08:49:37 GMT";

TEST(HttpDate, IsReadInItsThreeForms) {
  EXPECT_EQ(tqp::http_date_ms(kThen), kThenMs);
  EXPECT_EQ(tqp::http_date_ms("Sunday, 06-Nov-94 08:49:37 GMT"), kThenMs);
  EXPECT_EQ(tqp::http_date_ms("Sun Nov  6 08:49:37 1994"), kThenMs);
  EXPECT_EQ(tqp::http_date_ms(" Sun, 6 Nov 1994 08:49:37 UTC "), kThenMs);
  EXPECT_EQ(tqp::http_date_ms("Sun, 06-Nov-1994 08:49:37 GMT"), kThenMs) << "as in cookies";
  EXPECT_EQ(tqp::http_date_ms("Wed Nov 16 08:49:37 1994"), kThenMs + int64_t{10} * 86'400'000);
  EXPECT_EQ(tqp::http_date_ms("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(tqp::http_date_ms("Tue, 29 Feb 2000 23:59:60 GMT"), 951'868'800'000);
  EXPECT_EQ(tqp::http_date_ms("Fri, 31 Dec 9999 23:59:59 GMT"), 253'402'300'799'000);
  EXPECT_EQ(tqp::http_date_ms("Friday, 01-Jan-69 00:00:00 GMT"), 3'124'224'000'000);
}

TEST(HttpDate, IsNothingElse) {
  for (const char* bad : {"",
                          " ",
                          ",",
                          "yesterday",
                          "120",
                          "Sun",
                          "Sun,",
                          "Sun, 06 Nov 1994 08:49:37",
                          "Sun, 99 Nov 1994 08:49:37 GMT",
                          "Sun, 00 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37 GMT x",
                          "Sun, 06 Nov 1994 24:00:00 GMT",
                          "Sun, 06 Nov 1994 08:60:00 GMT",
                          "Sun, 06 Nov 1994 08:49:61 GMT",
                          "Sun, 06 Nov 1994 8:49:37 GMT",
                          "Sun, 06 Nox 1994 08:49:37 GMT",
                          "Sun, 06 anF 1994 08:49:37 GMT",
                          "Sun, 06 Nov 994 08:49:37 GMT",
                          "Sun, 06 Nov 19941 08:49:37 GMT",
                          "Wed, 31 Dec 1969 23:59:59 GMT",
                          "Thu, 29 Feb 2001 00:00:00 GMT",
                          "Mon, 29 Feb 1900 00:00:00 GMT",
                          "Sun Nov 06 08:49:37 1994 GMT",
                          "Sun Nov 32 08:49:37 1994",
                          "Sun, 06 Nov"})
    EXPECT_FALSE(tqp::http_date_ms(bad)) << bad;
}

std::optional<uint64_t> asked(std::string_view value, int64_t now_ms, std::string_view date = {}) {
  return tqp::retry_after_ms(value, date, now_ms);
}

TEST(RetryAfter, IsSecondsOrATime) {
  EXPECT_EQ(asked(" 120 ", 0), 120'000u);
  EXPECT_EQ(asked("0", 0), 0u);
  EXPECT_EQ(asked(kThen, kThenMs - 7'000), 7'000u);
  EXPECT_EQ(asked(kThen, kThenMs + 13'000), 0u);
  EXPECT_EQ(asked("99999999999999999999999999", 0), 1'000'000'000'000u);
  for (const char* bad : {"", "soon", "-5", "+5", "1.5", "5s", "5, 10"})
    EXPECT_FALSE(asked(bad, 0));
}

TEST(RetryAfter, ATimeIsJudgedByTheAnswersOwnDate) {
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:50:37 GMT", 0, kThen), 60'000u);
  EXPECT_EQ(asked("Sun Nov  6 08:50:37 1994", INT64_MAX, kThen), 60'000u);
  EXPECT_EQ(asked("Sunday, 06-Nov-94 08:48:37 GMT", 0, kThen), 0u);
  EXPECT_EQ(asked(kThen, kThenMs - 7'000, "no date"), 7'000u);
  EXPECT_EQ(asked(kThen, INT64_MIN), static_cast<uint64_t>(kThenMs) + (uint64_t{1} << 63));
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(bounded_retry_after_ms(std::nullopt), 60'000u);
  EXPECT_EQ(bounded_retry_after_ms(0), 1'000u);
  EXPECT_EQ(bounded_retry_after_ms(7'000), 7'000u);
  EXPECT_EQ(bounded_retry_after_ms(UINT64_MAX), 900'000u);
}

// A clock that moves by sleeping only, so that what was waited is exact.
class StillWorld : public RealWorld {
 public:
  int64_t start_ms = 1'800'000'000'000;

  int64_t now_ms() const override { return start_ms + static_cast<int64_t>(slept_ms_.load()); }
  uint64_t mono_ms() const override { return 1'000 + slept_ms_; }
  bool sleep_ms(uint64_t milliseconds, const Cancel& cancel) override {
    slept_ms_ += milliseconds;
    return cancel.cancelled();
  }
  uint64_t slept_ms() const { return slept_ms_; }

 private:
  std::atomic<uint64_t> slept_ms_{0};
};

// What a request waited before it went out again after such an answer, and what the log says.
class RetryAfterWaited : public ClientTest {
 protected:
  uint64_t waited(int status, const std::string& headers) {
    ScriptedServer server(ScriptedServer::serve([&](const Request&, int number) {
      return number == 1 ? answer(status, "", headers) : answer(200, "good");
    }));
    LogOptions to_file;
    to_file.file = folder.path() / ("log" + std::to_string(++logs_));
    to_file.level = Level::kInfo;
    log = Log::open(to_file, still).take();
    auto fresh = HttpClient::create(options, still, *log);
    const uint64_t before_ms = still.slept_ms();
    auto response = (*fresh)->send(request(server.url()), cancel);
    EXPECT_TRUE(response && (*response)->status() == 200);
    log->flush();
    text = read_file(to_file.file, 1 << 20).take();
    return still.slept_ms() - before_ms;
  }

  StillWorld still;
  std::string text;

 private:
  int logs_ = 0;
};

TEST_F(RetryAfterWaited, IsSaidWithWhatWasAsked) {
  EXPECT_EQ(waited(429, "Retry-After: 7\r\n"), 7'000u);
  EXPECT_THAT(text, HasSubstr("trying again after status 429, waiting 7 s; it asked for 7 s "
                              "(Retry-After: 7)"));
  EXPECT_THAT(text, HasSubstr("wait_ms=7000"));
  EXPECT_EQ(waited(503, "Retry-After: 7\r\n"), 7'000u);
  EXPECT_THAT(text, HasSubstr("after status 503, waiting 7 s; it asked for 7 s"));
}

TEST_F(RetryAfterWaited, IsAMinuteWhenNoTimeIsGiven) {
  for (const char* none : {"", "Retry-After: soon\r\n"}) {
    EXPECT_EQ(waited(429, none), 60'000u);
    EXPECT_THAT(text, HasSubstr("waiting 60 s, because it gave no time"));
  }
  EXPECT_THAT(text, HasSubstr("(Retry-After: soon)"));
  EXPECT_LE(waited(503, ""), 500u) << "that backs off";
}

TEST_F(RetryAfterWaited, IsAQuarterOfAnHourAtMost) {
  for (const int status : {429, 502, 503, 504})
    for (const char* long_time : {"Retry-After: 86400\r\n", "Retry-After: 99999999999999999999\r\n",
                                  "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
                                  "Retry-After: Friday, 31-Dec-60 23:59:59 GMT\r\n",
                                  "Retry-After: Fri Dec 31 23:59:59 9999\r\n"}) {
      EXPECT_EQ(waited(status, long_time), 900'000u);
      EXPECT_THAT(text, HasSubstr("waiting 900 s; it asked for "));
    }
}

TEST_F(RetryAfterWaited, IsASecondAndJitterAtLeast) {
  for (const int status : {429, 503})
    for (const char* now : {"Retry-After: 0\r\n", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n"})
      EXPECT_THAT(waited(status, now), AllOf(Ge(1'000u), Le(1'500u)));
  EXPECT_THAT(text, HasSubstr("it asked for 0 s"));
}

TEST_F(RetryAfterWaited, IsJudgedByTheServersClock) {
  still.start_ms = kThenMs + 3'600'000;
  EXPECT_EQ(waited(503,
                   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                   "Retry-After: Sun, 06 Nov 1994 08:49:57 GMT\r\n"),
            20'000u);
}

TEST_F(RetryAfterWaited, OfAnAnswerThatStaysIsSaid) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request&, int) { return answer(429, "", "Retry-After: 30\r\n"); }));
  LogOptions to_file;
  to_file.file = folder.path() / "log";
  log = Log::open(to_file, world).take();
  HttpRequest once = request(server.url());
  once.no_retry = true;
  EXPECT_EQ(outcome(once), "429 ");
  log->flush();
  EXPECT_THAT(read_file(to_file.file, 1 << 20).take(),
              HasSubstr("status 429 is the answer; the next requests to the origin wait "
                        "30 s; it asked for 30 s (Retry-After: 30)"));
}

}  // namespace
}  // namespace tq::test
