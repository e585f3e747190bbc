// SPDX-License-Identifier: Apache-2.0
// Time-outs and cancelling, wherever a request may hang.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sanitized.hpp"
#include "core/thread.hpp"
#include "net/tcp.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class WaitingTest : public ClientTest {
 protected:
  // Milliseconds from the cancel to the end of `what`, which must end by it.
  uint64_t cancelled_after(const HttpRequest& what) {
    std::atomic<uint64_t> at{0};
    std::thread other([&] {
      const Cancel never;
      RealWorld().sleep_ms(100, never);
      at = world.mono_ms();
      cancel.cancel();
    });
    EXPECT_THAT(outcome(what), StartsWith("CANCELLED"));
    const uint64_t end = world.mono_ms();
    other.join();
    return end - at;
  }
};

constexpr uint64_t kAtOnceMs = 500;  // promised are 200; the machine may be busy

TEST_F(WaitingTest, AnAnswerThatDoesNotComeTimesOut) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  options.max_attempts = 2;
  HttpRequest what = request(server.url());
  what.timeout_ms = 200;
  EXPECT_THAT(outcome(what), AllOf(StartsWith("E_TRANSIENT GET http://127.0.0.1:"),
                                   HasSubstr("timed out after 200 ms")));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(WaitingTest, AHandshakeThatDoesNotEndTimesOut) {
  ScriptedServer server([](Peer& peer) { peer.wait_for_end(); });
  options.connect_timeout_ms = 200;
  options.max_attempts = 1;
  EXPECT_THAT(get("https" + server.url().substr(4)),
              AllOf(StartsWith("E_TRANSIENT"), HasSubstr("TLS handshake"), HasSubstr("200 ms")));
}

// Name services of the system want more stack than the caller may have. In a process of its own,
// since the bound stays.
TEST_F(WaitingTest, WithoutAThreadForItAHostNameIsNotLookedUp) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs memory of its own";
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<Thread> threads;
    threads.reserve(1000);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_DATA, &none);
    while (threads.size() < threads.capacity()) {  // stacks of threads that ended are used again
      auto thread = Thread::start([] { ::pause(); }, kLargeStackBytes);
      if (!thread) break;
      threads.push_back(thread.take());
    }
    const auto stream = connect_tcp("name.invalid", 443, Patience(world, cancel, 10'000));
    const bool told = !stream && stream.error().status == Status::kTransient &&
                      stream.error().message.find("cannot start a thread") != std::string::npos;
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(WaitingTest, CancelEndsWaitingForTheHead) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  EXPECT_LT(cancelled_after(request(server.url())), kAtOnceMs);
}

TEST_F(WaitingTest, CancelEndsWaitingForTheBody) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello");
    peer.wait_for_end();
  });
  EXPECT_LT(cancelled_after(request(server.url())), kAtOnceMs);
}

TEST_F(WaitingTest, CancelEndsAnUpload) {
  ScriptedServer server([](Peer& peer) {
    peer.read_head();
    peer.wait_for_end();
  });
  HttpRequest put = request(server.url(), "PUT");
  put.body = text_body(std::string(32 << 20, 'x'));
  EXPECT_LT(cancelled_after(put), kAtOnceMs);
}

TEST_F(WaitingTest, CancelEndsTheWaitForARetry) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request&, int) { return answer(503, "", "Retry-After: 600\r\n"); }));
  RealWorld real;
  auto patient = HttpClient::create(options, real, *log);
  ASSERT_TRUE(patient);
  std::thread other([&] {
    const Cancel never;
    real.sleep_ms(50, never);
    cancel.cancel();
  });
  auto response = (*patient)->send(request(server.url()), cancel);
  other.join();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::kCancelled);
}

}  // namespace
}  // namespace tq::test
