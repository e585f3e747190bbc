// SPDX-License-Identifier: Apache-2.0
// The fake host's own rules: crash points, cancellation, dry runs, the clock, and what it reports
// as violations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>

#include <atomic>
#include <thread>
#include <tqp_fake.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using tqp::to_str;
using tqp::fake::FakeHost;
using tqp::fake::Outcome;

const tqp_plugin* probe() {
  auto loaded = FakeHost::load(PROBE_SO);
  if (!loaded.ok()) ADD_FAILURE() << loaded.error().message;
  return loaded.ok() ? *loaded : nullptr;
}

std::string config(const std::string& what) {
  return R"({"host":"remote.example","do":")" + what + R"("})";
}

// A plugin of functions of the test: what it does is a global, because C functions carry nothing.
tqp_status (*g_job)(const tqp_host*) = nullptr;
const tqp_host* g_host = nullptr;

const tqp_plugin* by_hand(tqp_status (*job)(const tqp_host*)) {
  static constexpr tqp_job kJob = {sizeof kJob, 0,
                                   [](tqp_instance*, tqp_error*) { return g_job(g_host); }};
  static tqp_plugin plugin = {};
  g_job = job;
  plugin.size = sizeof plugin;
  plugin.abi_major = TQP_ABI_MAJOR;
  plugin.id = to_str("by_hand");
  plugin.create = [](const tqp_host* host, tqp_instance** out, tqp_error*) {
    g_host = host;
    *out = reinterpret_cast<tqp_instance*>(&g_host);
    return tqp_status{TQP_OK};
  };
  plugin.facet = [](tqp_instance*, tqp_str id) -> const void* {
    return tqp::to_view(id) == TQP_FACET_JOB ? &kJob : nullptr;
  };
  return &plugin;
}

template <typename Table>
const Table* table(const tqp_host* host, const char* id) {
  return static_cast<const Table*>(host->service(host->ctx, to_str(id)));
}

TEST(FakeHost, AnExportIsRightAfterACrashAtEveryPoint) {
  FakeHost straight(probe());
  straight.setup.config = config("export");
  straight.answer("PUT", "/items/", tqp::fake::Answer{});
  ASSERT_TRUE(straight.run_job().ok());
  const uint64_t points = straight.seen.points;
  ASSERT_EQ(points, 12u);  // 3 requests and 3 commits, before and after each

  for (uint64_t point = 1; point <= points; ++point) {
    std::map<std::string, std::string> remote;
    FakeHost host(probe());
    host.setup.config = config("export");
    host.answer("PUT", "/items/", [&](const tqp::fake::Sent& sent) {
      remote[sent.url] = sent.body;
      return tqp::fake::Answer{};
    });
    host.setup.crash_at = point;
    EXPECT_EQ(host.run_job().status, TQP_E_TRANSIENT) << point;
    EXPECT_TRUE(host.seen.crashed);
    EXPECT_EQ(host.state.size(), point / 4) << point;  // each fourth point lies after a commit
    host.restart();
    ASSERT_TRUE(host.run_job().ok()) << point;
    EXPECT_EQ(host.state.size(), 3u);
    EXPECT_EQ(remote.size(), 3u);
    EXPECT_LE(host.seen.requests.size(), 4u) << "at most one request was repeated";
    host.destroy();
    EXPECT_THAT(host.seen.violations, IsEmpty()) << point;
  }
}

TEST(FakeHost, NothingHasAnEffectAfterTheCrash) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* state = table<tqp_state>(h, TQP_STATE);
    const auto* run = table<tqp_run>(h, TQP_RUN);
    const auto* log = table<tqp_log>(h, TQP_LOG);
    EXPECT_EQ(state->put(h->ctx, to_str("k"), to_str("v"), nullptr), TQP_OK);
    EXPECT_EQ(state->commit(h->ctx, nullptr), TQP_E_TRANSIENT);
    EXPECT_EQ(state->put(h->ctx, to_str("k"), to_str("w"), nullptr), TQP_E_TRANSIENT);
    EXPECT_EQ(state->commit(h->ctx, nullptr), TQP_E_TRANSIENT);
    EXPECT_EQ(run->sleep_ms(h->ctx, 5), TQP_E_TRANSIENT);
    run->count(h->ctx, TQP_COUNT_SENT, to_str(""), 1);
    log->write(h->ctx, TQP_LOG_INFO, to_str("ghost"), nullptr, 0);
    return tqp_status{TQP_OK};
  }));
  host.setup.crash_at = 2;  // after the first commit
  host.run_job();
  EXPECT_THAT(host.state, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(host.seen.count(TQP_COUNT_SENT), 0u);
  EXPECT_FALSE(host.seen.logged("ghost"));
}

TEST(FakeHost, DryAndNoRecordRunsKeepNothing) {
  for (uint32_t flags : {TQP_RUN_DRY, TQP_RUN_NO_RECORD}) {
    FakeHost host(probe());
    host.setup.config = config("export");
    host.setup.flags = flags;
    host.answer("PUT", "/items/", tqp::fake::Answer{});
    ASSERT_TRUE(host.run_job().ok());
    EXPECT_THAT(host.state, IsEmpty());
    EXPECT_EQ(host.seen.commits, 0u);
    ASSERT_EQ(host.seen.requests.size(), 3u);
    EXPECT_EQ(host.seen.requests[0].skipped, flags == TQP_RUN_DRY);
    EXPECT_EQ(host.seen.requests[0].body, "body 1");
  }
}

TEST(FakeHost, CancelsAtTheNthPollAndMovesTheClock) {
  FakeHost host(probe());
  host.setup.config = config("wait");
  const int64_t start_ms = host.setup.now_ms;
  ASSERT_TRUE(host.run_job().ok());
  EXPECT_EQ(host.setup.now_ms - start_ms, 1000);
  EXPECT_EQ(host.seen.polls, 3u);
  for (uint64_t poll = 1; poll <= 3; ++poll) {
    host.restart();
    host.setup.cancel_at = poll;
    EXPECT_EQ(host.run_job().status, TQP_CANCELLED) << poll;
  }
}

TEST(FakeHost, ACommitMayFail) {
  FakeHost host(probe());
  host.setup.config = config("state");
  host.setup.commit_failure = tqp::Error{TQP_E_LIMITED, "the quota is used up"};
  const Outcome outcome = host.run_job();
  EXPECT_EQ(outcome.status, TQP_E_LIMITED);
  EXPECT_EQ(outcome.message, "the quota is used up");
  EXPECT_THAT(host.state, IsEmpty());
}

TEST(FakeHost, SeesCallsOnAnotherThread) {
  FakeHost host(probe());
  host.setup.config = config("thread");
  EXPECT_EQ(host.run_job().status, TQP_E_BUG);
  EXPECT_TRUE(host.seen.logged("logged elsewhere"));
  EXPECT_THAT(host.seen.violations, ElementsAre(HasSubstr("state.put: called on another thread")));
}

TEST(FakeHost, SeesHandlesLeftOpenClosedTwiceAndUsedAfterClose) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* state = table<tqp_state>(h, TQP_STATE);
    const auto* http = table<tqp_http>(h, TQP_HTTP);
    tqp_scan* scan = nullptr;
    tqp_http_body* left = nullptr;
    EXPECT_EQ(state->scan(h->ctx, to_str(""), &scan, nullptr), TQP_OK);
    state->scan_close(scan);
    tqp_str key{}, value{};
    EXPECT_EQ(state->scan_next(scan, &key, &value, nullptr), TQP_E_BUG);
    state->scan_close(scan);
    state->scan_close(nullptr);  // allowed
    return http->body_open(h->ctx, &left, nullptr);
  }));
  const Outcome outcome = host.run_job();
  EXPECT_EQ(outcome.status, TQP_E_BUG) << "whatever it returned";
  EXPECT_THAT(outcome.message, HasSubstr("state.scan_next: the scan is closed"));
  host.destroy();
  EXPECT_THAT(host.seen.violations,
              ElementsAre("state.scan_next: the scan is closed",
                          "state.scan_close: the scan is closed", "destroy: a body is still open"));
}

TEST(FakeHost, SeesBrokenRules) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* config = table<tqp_config>(h, TQP_CONFIG);
    const auto* state = table<tqp_state>(h, TQP_STATE);
    const auto* threatq = table<tqp_threatq>(h, TQP_THREATQ);
    int64_t number = 0;
    EXPECT_EQ(config->integer(h->ctx, to_str("/name"), &number, nullptr), TQP_E_BUG);
    EXPECT_EQ(config->integer(h->ctx, to_str("/nmae"), &number, nullptr), TQP_E_BUG);
    EXPECT_EQ(state->put(h->ctx, to_str(""), to_str("v"), nullptr), TQP_E_BUG);
    tqp_cursor* cursor = nullptr;
    EXPECT_EQ(threatq->open(h->ctx, to_str(R"({"collection":"c","columns":["colour"]})"), &cursor,
                            nullptr),
              TQP_E_UNSUPPORTED);
    EXPECT_EQ(threatq->open(h->ctx, to_str(R"({"collection":"c","limit":5})"), &cursor, nullptr),
              TQP_E_UNSUPPORTED);
    tqp_indicators batch{};  // size not set
    EXPECT_EQ(threatq->open(h->ctx, to_str(R"({"collection":"c"})"), &cursor, nullptr), TQP_OK);
    EXPECT_EQ(threatq->next(cursor, &batch, nullptr), TQP_E_BUG);
    threatq->close(cursor);
    return tqp_status{TQP_E_DATA};  // without a message
  }));
  host.setup.config = R"({"name":"text"})";
  host.setup.schema = R"({"properties":{"name":{}}})";
  host.setup.collections["c"];
  EXPECT_EQ(host.run_job().status, TQP_E_BUG) << "whatever it returned";
  EXPECT_THAT(
      host.seen.violations,
      ElementsAre(HasSubstr("/name is string"), HasSubstr("/nmae is not in the schema"),
                  HasSubstr("at least one byte"), HasSubstr("\"colour\""), HasSubstr("\"limit\""),
                  HasSubstr("size is not set"), HasSubstr("without a message")));
}

TEST(FakeHost, WhatWasAcceptedIsSeenByTheCommitThatFollowsUnlessItWasRejectedAgain) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* run = table<tqp_run>(h, TQP_RUN);
    const auto* state = table<tqp_state>(h, TQP_STATE);
    run->accept(h->ctx, to_str("report"), to_str("taken"));
    run->accept(h->ctx, to_str("report"), to_str("refused after all"));
    run->reject(h->ctx, to_str("report"), to_str("refused after all"), to_str("400"));
    EXPECT_EQ(state->commit(h->ctx, nullptr), TQP_OK);
    run->accept(h->ctx, to_str("report"), to_str("never committed"));
    return tqp_status{TQP_OK};
  }));
  ASSERT_TRUE(host.run_job().ok());
  ASSERT_EQ(host.seen.accepted.size(), 1u);
  EXPECT_EQ(host.seen.accepted[0].value, "taken");
  host.setup.flags = TQP_RUN_NO_RECORD;
  ASSERT_TRUE(host.run_job().ok());
  EXPECT_EQ(host.seen.accepted.size(), 1u);
}

TEST(FakeHost, AnUnknownCollectionIsAMatterOfConfiguration) {
  FakeHost host(probe());
  host.setup.config = config("read");
  const Outcome outcome = host.run_job();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("Data collection \"all\" was not found"));
  EXPECT_THAT(host.seen.violations, IsEmpty());
}

TEST(FakeHost, RandomBytesRepeatForTheSameSeed) {
  static unsigned char g_bytes[2][16];
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* run = table<tqp_run>(h, TQP_RUN);
    EXPECT_EQ(run->random(h->ctx, g_bytes[0], sizeof g_bytes[0]), TQP_OK);
    return run->random(h->ctx, g_bytes[1], sizeof g_bytes[1]);
  }));
  ASSERT_TRUE(host.run_job().ok());
  const std::string first(reinterpret_cast<char*>(g_bytes), sizeof g_bytes);
  EXPECT_NE(first.substr(0, 16), first.substr(16));
  host.restart();
  ASSERT_TRUE(host.run_job().ok());
  EXPECT_EQ(std::string(reinterpret_cast<char*>(g_bytes), sizeof g_bytes), first);
}

TEST(FakeHost, RefusesAnotherMajorAndAMissingFacet) {
  tqp_plugin plugin = *by_hand([](const tqp_host*) { return tqp_status{TQP_OK}; });
  FakeHost host(&plugin);
  EXPECT_EQ(host.check().status, TQP_E_UNSUPPORTED);
  EXPECT_TRUE(host.run_job().ok());
  host.destroy();
  plugin.abi_major = 2;
  EXPECT_EQ(host.run_job().status, TQP_E_UNSUPPORTED);
}

TEST(FakeHost, LoadSaysWhyNot) {
  EXPECT_THAT(FakeHost::load("/nowhere.so").error().message, HasSubstr("/nowhere.so"));
}

TEST(FakeHost, ABrokenContractFailsTheRunWhateverThePluginReturnsAndKeepsNothing) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* state = table<tqp_state>(h, TQP_STATE);
    const auto* http = table<tqp_http>(h, TQP_HTTP);
    EXPECT_EQ(state->put(h->ctx, to_str("k"), to_str("v"), nullptr), TQP_OK);
    state->put(h->ctx, to_str(""), to_str("v"), nullptr);  // and does not look at the answer
    tqp_http_request post{};
    post.size = sizeof post;
    post.flags = TQP_HTTP_EFFECT;
    post.method = to_str("POST");
    post.url = to_str("https://remote.example/x");
    tqp_http_call* call = nullptr;
    EXPECT_EQ(http->start(h->ctx, &post, &call, nullptr), TQP_E_BUG);
    EXPECT_EQ(state->commit(h->ctx, nullptr), TQP_E_BUG);
    return tqp_status{TQP_OK};
  }));
  const Outcome outcome = host.run_job();
  EXPECT_EQ(outcome.status, TQP_E_BUG);
  EXPECT_THAT(outcome.message, HasSubstr("broke the contract: state.put: a key has at least one"));
  EXPECT_THAT(host.state, IsEmpty());
  EXPECT_THAT(host.seen.requests, IsEmpty());
  EXPECT_EQ(host.seen.violations.size(), 1u);
}

TEST(FakeHost, NullArgumentsBreakTheContractByTheNameOfTheCall) {
  FakeHost host(by_hand([](const tqp_host* h) {
    const auto* state = table<tqp_state>(h, TQP_STATE);
    const auto* config = table<tqp_config>(h, TQP_CONFIG);
    const auto* http = table<tqp_http>(h, TQP_HTTP);
    const auto* threatq = table<tqp_threatq>(h, TQP_THREATQ);
    const auto* metrics = table<tqp_metrics>(h, TQP_METRICS);
    const auto* run = table<tqp_run>(h, TQP_RUN);
    tqp_str text{};
    state->get(h->ctx, to_str("k"), {nullptr, nullptr}, nullptr);
    state->scan(h->ctx, to_str(""), nullptr, nullptr);
    state->scan_next(nullptr, &text, &text, nullptr);
    config->integer(h->ctx, to_str("/x"), nullptr, nullptr);
    http->body_open(h->ctx, nullptr, nullptr);
    http->read(nullptr, nullptr, 0, nullptr, nullptr);
    threatq->next(nullptr, nullptr, nullptr);
    metrics->create(h->ctx, nullptr, nullptr, nullptr);
    run->random(h->ctx, nullptr, 4);
    run->count(h->ctx, TQP_COUNT_SENT, {nullptr, 3}, 1);
    tqp_error unset{};
    state->erase(h->ctx, to_str("k"), &unset);
    return tqp_status{TQP_OK};
  }));
  EXPECT_EQ(host.run_job().status, TQP_E_BUG);
  EXPECT_THAT(
      host.seen.violations,
      ElementsAre(HasSubstr("state.get:"), HasSubstr("state.scan:"), HasSubstr("state.scan_next:"),
                  HasSubstr("config.integer:"), HasSubstr("http.body_open:"),
                  HasSubstr("http.read:"), HasSubstr("threatq.next:"), HasSubstr("metrics.create:"),
                  HasSubstr("run.random:"), HasSubstr("run.count:"),
                  HasSubstr("state.erase: the size of its tqp_error")));
}

TEST(FakeHost, WarnsOfWhatWasNotCommitted) {
  FakeHost host(by_hand([](const tqp_host* h) {
    return table<tqp_state>(h, TQP_STATE)->put(h->ctx, to_str("k"), to_str("v"), nullptr);
  }));
  EXPECT_TRUE(host.run_job().ok());
  EXPECT_THAT(host.seen.warnings, ElementsAre(HasSubstr("not committed")));
  EXPECT_THAT(host.seen.violations, IsEmpty());
  host.seen.warnings.clear();
  host.setup.flags = TQP_RUN_DRY;
  EXPECT_TRUE(host.run_job().ok());
  EXPECT_THAT(host.seen.warnings, IsEmpty()) << "nothing is lost where nothing would be kept";
}

TEST(FakeHost, WarnsOfAThreadThatIsLeftRunning) {
  static std::atomic<bool> over{false};
  static std::thread left;
  FakeHost host(by_hand([](const tqp_host*) {
    left = std::thread([] {
      while (!over) std::this_thread::yield();
    });
    ::pthread_setname_np(left.native_handle(), "left-behind");
    return tqp_status{TQP_OK};
  }));
  EXPECT_TRUE(host.run_job().ok());
  over = true;
  left.join();
  EXPECT_THAT(host.seen.warnings, ElementsAre(HasSubstr("left running: left-behind")));
}

// The same plugin as a listener.
const tqp_plugin* listener(tqp_status (*serve)(const tqp_host*)) {
  static constexpr tqp_listener kListener = {
      sizeof kListener, 0, [](tqp_instance*, tqp_error*) { return g_job(g_host); }};
  static tqp_plugin plugin = {};
  plugin = *by_hand(serve);
  plugin.facet = [](tqp_instance*, tqp_str id) -> const void* {
    return tqp::to_view(id) == TQP_FACET_LISTENER ? &kListener : nullptr;
  };
  return &plugin;
}

TEST(FakeHost, AListenerEndsOnlyWhenItIsAsked) {
  const auto serve = [](const tqp_host* h) {
    const auto* run = table<tqp_run>(h, TQP_RUN);
    run->ready(h->ctx);
    while (run->sleep_ms(h->ctx, 10) == TQP_OK) continue;
    return tqp_status{TQP_OK};
  };
  FakeHost host(listener(serve));
  host.setup.cancel_at = 5;
  EXPECT_TRUE(host.serve().ok());
  EXPECT_THAT(host.seen.violations, IsEmpty());
  EXPECT_THAT(host.seen.warnings, IsEmpty());

  FakeHost quits(listener([](const tqp_host*) { return tqp_status{TQP_OK}; }));
  const Outcome outcome = quits.serve();
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_THAT(outcome.message, HasSubstr("nobody had asked it to stop"));
  EXPECT_THAT(quits.seen.violations, testing::SizeIs(1));
}

TEST(FakeHost, NobodyIsCancelledUnasked) {
  FakeHost host(by_hand([](const tqp_host*) { return tqp_status{TQP_CANCELLED}; }));
  EXPECT_EQ(host.run_job().status, TQP_E_BUG);
}

}  // namespace
