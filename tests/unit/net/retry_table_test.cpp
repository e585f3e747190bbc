// SPDX-License-Identifier: Apache-2.0
// The table of what is sent again, cell by cell: as retry.hpp decides it, and as a server sees it.
#include "net/retry.hpp"

#include <array>
#include <map>
#include <memory>

#include "net/exchange.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::array kRows = {Happened::kNothingSent, Happened::kLimited, Happened::kUnavailable,
                              Happened::kDied};

struct Column {
  const char* name;
  Repeating repeating;
  std::array<Verdict, 4> verdicts;  // in the order of kRows
  std::vector<HttpRequest> requests;
};

HttpRequest made(const std::string& method, bool effect, bool idempotent, bool no_retry) {
  HttpRequest request;
  request.method = method;
  request.effect = effect;
  request.idempotent = idempotent;
  request.no_retry = no_retry;
  request.timeout_ms = 20'000;
  if (method != "GET" && method != "HEAD") request.body = text_body("body");
  return request;
}

// The table, written out a second time.
std::vector<Column> columns() {
  using enum Verdict;
  return {
      {"GET, HEAD without EFFECT",
       Repeating::kSafe,
       {kAgain, kAgain, kAgain, kAgain},
       {made("GET", false, false, false), made("HEAD", false, false, false)}},
      {"IDEMPOTENT",
       Repeating::kIdempotent,
       {kAgain, kAgain, kAgain, kAgain},
       {made("PUT", true, true, false), made("GET", true, true, false),
        made("POST", false, true, false)}},
      {"other EFFECT",
       Repeating::kEffect,
       {kAgain, kAgain, kAnswer, kUnknown},
       {made("POST", true, false, false), made("GET", true, false, false),
        made("HEAD", true, false, false), made("DELETE", true, false, false),
        made("POST", false, false, false)}},
      {"NO_RETRY",
       Repeating::kOnce,
       {kFailure, kAnswer, kAnswer, kUnknown},
       {made("GET", false, false, true), made("PUT", true, true, true),
        made("POST", true, false, true), made("GET", true, true, true)}},
  };
}

TEST(RetryTable, DecidesEachCell) {
  for (const Column& column : columns())
    for (size_t row = 0; row < kRows.size(); ++row)
      EXPECT_EQ(verdict(kRows[row], column.repeating), column.verdicts[row])
          << column.name << ", row " << row;
}

TEST(RetryTable, FindsTheColumnOfARequest) {
  for (const Column& column : columns())
    for (const HttpRequest& request : column.requests) {
      EXPECT_EQ(repeating(request), column.repeating) << column.name << " " << request.method;
      EXPECT_EQ(may_repeat(request), column.verdicts[3] == Verdict::kAgain);
    }
}

TEST(RetryTable, FindsTheRowOfWhatHappened) {
  std::map<int, Happened> rows = {{429, Happened::kLimited},
                                  {502, Happened::kUnavailable},
                                  {503, Happened::kUnavailable},
                                  {504, Happened::kUnavailable}};
  for (int status = 200; status < 600; ++status)
    EXPECT_EQ(happened(status), rows.contains(status) ? std::optional(rows[status]) : std::nullopt)
        << status;
  EXPECT_EQ(happened(Stage::kNothingSent), Happened::kNothingSent);
  EXPECT_EQ(happened(Stage::kSent), Happened::kDied);
  EXPECT_EQ(happened(Stage::kAnswering), Happened::kDied);
}

// Takes so many bytes, then breaks.
class BreakingStream : public Stream {
 public:
  explicit BreakingStream(size_t takes) : takes_(takes) {}
  int fd() const override { return -1; }
  Io read(char*, size_t) override { return {Io::What::kBroken, 0, "reset"}; }
  Io write(const char*, size_t size) override {
    if (takes_ == 0) return {Io::What::kBroken, 0, "reset"};
    const size_t taken = std::min(size, takes_);
    takes_ -= taken;
    return {Io::What::kBytes, taken};
  }

 private:
  size_t takes_;
};

TEST(RetryTable, SomethingWasSentWithTheFirstByteAndNotBefore) {
  RealWorld world;
  const Cancel cancel;
  const std::string head = "POST / HTTP/1.1\r\n\r\n";
  for (const size_t takes : {size_t{0}, size_t{1}, head.size(), head.size() + 5}) {
    Connection connection(std::make_unique<BreakingStream>(takes));
    Stage stage = Stage::kNothingSent;
    const auto body = text_body(std::string(200'000, 'x'));
    const auto done =
        exchange(connection, head, body.get(), Patience(world, cancel, 60'000), &stage);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().status, Status::kTransient);
    EXPECT_EQ(stage, takes == 0 ? Stage::kNothingSent : Stage::kSent) << takes;
  }
}

// What a server does to the first request it gets; the next ones are answered with 200.
class RetryTableServed : public ClientTest {
 protected:
  struct Seen {
    std::string outcome;
    int requests = 0;
  };

  Seen served(HttpRequest what, Happened row, int status, const std::string& headers) {
    Seen seen;
    std::atomic<int> requests{0};
    ScriptedServer server([&](Peer& peer) {
      while (true) {
        const Request request = peer.read_request();
        if (request.head.empty()) return;
        if (++requests > 1) {
          peer.send(answer(200, what.method == "HEAD" ? "" : "good"));
        } else if (row == Happened::kDied) {
          return peer.reset();
        } else {
          peer.send(answer(status, "", headers));
        }
      }
    });
    what.url = parse_url(server.url("/x")).take();
    auto fresh = HttpClient::create(options, world, *log);
    auto response = (*fresh)->send(what, cancel);
    seen.outcome = response ? std::to_string((*response)->status()) : text(response.error());
    seen.requests = requests;
    return seen;
  }

  void expect(const Column& column, size_t row, const HttpRequest& request, int status = 0,
              const std::string& headers = "") {
    const Verdict verdict = column.verdicts[row];
    const Seen seen = served(request, kRows[row], status, headers);
    const std::string what = std::string(column.name) + ", " + request.method + ", row " +
                             std::to_string(row) + ", " + std::to_string(status) + " " + headers;
    EXPECT_EQ(seen.requests, verdict == Verdict::kAgain ? 2 : 1) << what;
    if (verdict == Verdict::kAgain) {
      EXPECT_EQ(seen.outcome, "200") << what;
    } else if (verdict == Verdict::kAnswer) {
      EXPECT_EQ(seen.outcome, std::to_string(status)) << what;
    } else {
      EXPECT_THAT(seen.outcome, AllOf(StartsWith("E_TRANSIENT"),
                                      HasSubstr("whether the server has done it is not known")))
          << what;
    }
  }
};

TEST_F(RetryTableServed, ByAnswers) {
  for (const Column& column : columns())
    for (const HttpRequest& request : column.requests)
      for (const char* headers : {"", "Retry-After: 2\r\n"}) {
        expect(column, 1, request, 429, headers);
        for (const int status : {502, 503, 504}) expect(column, 2, request, status, headers);
      }
}

TEST_F(RetryTableServed, ByAConnectionThatDies) {
  for (const Column& column : columns())
    for (const HttpRequest& request : column.requests) expect(column, 3, request);
}

TEST_F(RetryTableServed, ByNoConnection) {
  const uint16_t closed = ScriptedServer([](Peer&) {}).port();
  const std::string url = "http://127.0.0.1:" + std::to_string(closed) + "/";
  options.max_attempts = 3;
  for (const Column& column : columns())
    for (HttpRequest request : column.requests) {
      const size_t before = world.sleeps().size();
      request.url = parse_url(url).take();
      EXPECT_THAT(outcome(request),
                  AllOf(StartsWith("E_TRANSIENT"), Not(HasSubstr("is not known"))));
      EXPECT_EQ(world.sleeps().size() - before, column.verdicts[0] == Verdict::kAgain ? 2u : 0u)
          << column.name << " " << request.method;
    }
}

// The first connection answers one request and is closed before the next: nothing is put on it, so
// that it is no attempt, for anybody.
TEST_F(RetryTableServed, ByAPooledConnectionThatWasClosedBefore) {
  for (const Column& column : columns())
    for (HttpRequest request : column.requests) {
      std::atomic<int> requests{0}, closed{0};
      ScriptedServer server([&](Peer& peer) {
        if (peer.read_request().head.empty()) return;
        ++requests;
        peer.send(answer(200, ""));
        if (requests == 1) peer.end_sending();
        ++closed;
        peer.wait_for_end();
      });
      request.url = parse_url(server.url("/x")).take();
      auto fresh = HttpClient::create(options, world, *log);
      for (int i = 1; i <= 2; ++i) {
        auto response = (*fresh)->send(request, cancel);
        ASSERT_TRUE(response) << column.name << " " << request.method << ": "
                              << response.error().message;
        ASSERT_TRUE((*response)->read_all(100));
        const Cancel never;
        while (closed < i) RealWorld().sleep_ms(1, never);
      }
      EXPECT_EQ(requests, 2) << column.name << " " << request.method;
    }
}

}  // namespace
}  // namespace tq::test
