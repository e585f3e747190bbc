// SPDX-License-Identifier: Apache-2.0
#include "worker/clock_watch.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

class FixedWorld : public RealWorld {
 public:
  int64_t now_ms() const override { return kNowMs; }
};

class DatedAnswer : public HttpResponse {
 public:
  explicit DatedAnswer(int64_t date_ms) : date_ms_(date_ms) {}
  int status() const override { return 200; }
  std::string_view header(std::string_view) const override { return {}; }
  std::string_view header_at(std::string_view, size_t) const override { return {}; }
  int64_t date_ms() const override { return date_ms_; }
  Result<size_t> read(char*, size_t) override { return size_t{0}; }

 private:
  const int64_t date_ms_;
};

class Clock : public testing::Test {
 protected:
  void answer(const std::string& host, int64_t date_ms) {
    watch_.see({true, host, 443}, DatedAnswer(date_ms));
  }

  FixedWorld world_;
  const std::unique_ptr<Log> log_ = Log::null();
  ClockWatch watch_{world_, *log_};
};

TEST_F(Clock, ThatAgreesIsNotSuspected) {
  answer("a.example", kNowMs - 900);
  answer("b.example", kNowMs + 59'000);
  EXPECT_EQ(watch_.suspicion(), "");
  EXPECT_EQ(watch_.agreement(), "the clock (within 60 s of every server)");
}

TEST_F(Clock, BehindAndAheadAreTold) {
  answer("api.threatconnect.com", kNowMs + 412'000);
  answer("b.example", kNowMs - 61'000);
  EXPECT_EQ(watch_.suspicion(),
            "this clock is 412 s behind api.threatconnect.com; this clock is 61 s ahead of "
            "b.example: synchronise it (NTP)");
  EXPECT_EQ(watch_.agreement(), "");
}

TEST_F(Clock, TheFirstAnswerOfAServerCounts) {
  answer("a.example", kNowMs);
  answer("a.example", kNowMs - 500'000);  // an answer from a cache
  EXPECT_EQ(watch_.suspicion(), "");
}

TEST_F(Clock, AServerWithoutADateSaysNothing) {
  answer("a.example", 0);
  EXPECT_EQ(watch_.agreement(), "");
  EXPECT_EQ(watch_.suspicion(), "");
}

}  // namespace
}  // namespace tq
