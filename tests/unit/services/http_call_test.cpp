// SPDX-License-Identifier: Apache-2.0
// tqp.http/1 as a plugin sees it, from the request on: wait, answers, close, threads.
#include <gmock/gmock.h>

#include <functional>

#include "http_fixture.hpp"
#include "services/http_handles.hpp"
#include "unit/failing_memory.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

// ---- wait ----

TEST_F(HttpServiceTest, WaitReportsWhatIsReadyLowestFirstAndAgain) {
  client.hold("/1");
  client.hold("/2");
  tqp_http_call *const first = get("/1"), *const second = get("/2");
  EXPECT_EQ(wait({first, second}, 0), TQP_AGAIN);
  EXPECT_EQ(wait({first, second}, 1), TQP_AGAIN);
  client.release("/2");
  ASSERT_EQ(wait({first, second}), TQP_OK);
  EXPECT_EQ(ready, 1u);
  ASSERT_EQ(wait({first, second}, 0), TQP_OK);
  EXPECT_EQ(ready, 1u);
  EXPECT_EQ(http->status(first), 0);
  client.release("/1");
  ASSERT_EQ(wait({first}), TQP_OK);
  ASSERT_EQ(wait({first, second}, 0), TQP_OK);
  EXPECT_EQ(ready, 0u);
}

TEST_F(HttpServiceTest, AWaitIsEndedByAnAnswer) {
  client.hold("/1");
  tqp_http_call* const call = get("/1");
  std::thread remote([&] {
    client.wait_begun(1);
    client.release("/1");
  });
  EXPECT_EQ(wait({call}), TQP_OK);
  remote.join();
}

TEST_F(HttpServiceTest, AFailureIsTheCallsOwn) {
  Error broken{Status::kTransient, "connection reset"};
  client.answers["/bad"].failure = broken;
  tqp_http_call *const good = get("/good"), *const bad = get("/bad");
  ASSERT_EQ(wait({good}), TQP_OK);
  ASSERT_EQ(wait({bad}), TQP_E_TRANSIENT);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(wait({bad, good}), TQP_E_TRANSIENT);
    EXPECT_EQ(ready, 0u);
    EXPECT_STREQ(error.message, "connection reset");
  }
  EXPECT_EQ(http->status(bad), 0);
  EXPECT_EQ(http->header(bad, str("Date")).ptr, nullptr);
  std::string text;
  EXPECT_EQ(read(bad, 10, &text), TQP_E_TRANSIENT);
}

TEST_F(HttpServiceTest, AWrongHostNamesTheSettingItStandsIn) {
  client.answers["/x"].failure = Error{Status::kConfig, "unknown host"};
  EXPECT_EQ(wait({get("/x")}), TQP_E_CONFIG);
  EXPECT_STREQ(error.field, "/api_fqdn");
}

TEST_F(HttpServiceTest, AStopEndsWaitsAtOnceAndGivesUpRequests) {
  client.hold("/1");
  tqp_http_call* const call = get("/1");
  std::thread other([&] {
    client.wait_begun(1);
    stop.cancel();
  });
  EXPECT_EQ(wait({call}), TQP_CANCELLED);
  EXPECT_EQ(ready, 1u);
  other.join();
  client.wait_given_up(1);
  EXPECT_EQ(wait({call}), TQP_CANCELLED);
  EXPECT_EQ(ready, 1u);
}

TEST_F(HttpServiceTest, AWaitForNothingOrForClosedCallsIsABug) {
  tqp_http_call* const call = get("/1");
  tqp_http_call* const closed = get("/2");
  http->close(closed);
  EXPECT_EQ(wait({}), TQP_E_BUG);
  EXPECT_EQ(ready, 0u);
  EXPECT_EQ(wait({call, closed}), TQP_E_BUG);
  EXPECT_EQ(ready, 2u);
  EXPECT_EQ(wait({nullptr}), TQP_E_BUG);
  EXPECT_EQ(ready, 1u);
}

TEST_F(HttpServiceTest, MoreRequestsThanAllowedWaitInOrder) {
  HttpServiceOptions two = options();
  two.parallel = 2;
  open(std::move(two));
  std::vector<tqp_http_call*> calls;
  for (int i = 0; i < 5; ++i) {
    const std::string target = "/" + std::to_string(i);
    client.hold(target);
    calls.push_back(get(target));
  }
  client.wait_begun(2);
  EXPECT_EQ(client.sent().size(), 2u);
  client.release("/1");
  client.wait_begun(3);
  EXPECT_EQ(client.sent().back().url, "https://api.example.com/2");
  ASSERT_EQ(wait(calls), TQP_OK);
  EXPECT_EQ(ready, 1u);
  for (int i = 0; i < 5; ++i) client.release("/" + std::to_string(i));
  for (tqp_http_call* const call : calls) EXPECT_EQ(wait({call}), TQP_OK);
  EXPECT_EQ(client.sent().size(), 5u);
  EXPECT_EQ(client.most_at_once(), 2u);
}

// ---- answers ----

TEST_F(HttpServiceTest, AnyStatusIsAnAnswer) {
  client.answers["/x"].status = 503;
  tqp_http_call* const call = get("/x");
  EXPECT_EQ(http->status(call), 0) << "before wait has reported it";
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_EQ(http->status(call), 503);
  EXPECT_EQ(http->status(nullptr), 0);
}

TEST_F(HttpServiceTest, HeadersAreFoundInAnyCaseAndJoined) {
  client.answers["/x"].headers = {{"Link", "<a>"}, {"Empty", ""}, {"link", "<b>"}};
  tqp_http_call* const call = get("/x");
  EXPECT_EQ(http->header(call, str("Link")).ptr, nullptr) << "before wait has reported it";
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_EQ(view(http->header(call, str("LINK"))), "<a>, <b>");
  EXPECT_NE(http->header(call, str("Empty")).ptr, nullptr);
  EXPECT_EQ(http->header(call, str("Missing")).ptr, nullptr);
}

TEST_F(HttpServiceTest, ABodyIsReadToItsEnd) {
  client.answers["/x"].body = "0123456789";
  tqp_http_call* const call = get("/x");
  std::string text;
  EXPECT_EQ(read(call, 4, &text), TQP_E_BUG) << "before wait has reported it";
  ASSERT_EQ(wait({call}), TQP_OK);
  size_t got = 0;
  EXPECT_EQ(http->read(call, nullptr, 0, &got, &error), TQP_E_BUG);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read(call, 4, &text), TQP_OK);
  EXPECT_EQ(text, "0123456789");
  EXPECT_EQ(read(call, 4, &text), TQP_END);
  EXPECT_EQ(read(call, 4, &text), TQP_END);
  EXPECT_EQ(text, "0123456789");
}

TEST_F(HttpServiceTest, ACutOrOverlongBodyNeverEnds) {
  client.answers["/cut"].body = client.answers["/long"].body = "01234";
  client.answers["/cut"].ends_with = Error{Status::kTransient, "cut"};
  client.answers["/long"].ends_with = Error{Status::kData, "too long"};
  tqp_http_call *const cut = get("/cut"), *const overlong = get("/long");
  ASSERT_EQ(wait({cut}), TQP_OK);
  ASSERT_EQ(wait({overlong}), TQP_OK);
  std::string text;
  EXPECT_EQ(read(cut, 10, &text), TQP_OK);
  EXPECT_EQ(read(overlong, 10, &text), TQP_OK);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(read(cut, 10, &text), TQP_E_TRANSIENT);
    EXPECT_EQ(read(overlong, 10, &text), TQP_E_DATA);
  }
}

TEST_F(HttpServiceTest, AStopEndsReads) {
  client.answers["/x"].body = "01234";
  tqp_http_call* const call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  stop.cancel();
  std::string text;
  EXPECT_EQ(read(call, 10, &text), TQP_CANCELLED);
}

// ---- close ----

TEST_F(HttpServiceTest, CloseGivesUpARequestAtAnyTime) {
  HttpServiceOptions one = options();
  one.parallel = 1;
  open(std::move(one));
  client.hold("/1");
  tqp_http_call *const running = get("/1"), *const queued = get("/2"), *const last = get("/3");
  client.wait_begun(1);
  http->close(queued);
  http->close(running);
  http->close(nullptr);
  client.wait_given_up(1);
  ASSERT_EQ(wait({last}), TQP_OK);
  EXPECT_EQ(client.sent().size(), 2u) << "what was closed while it waited is never sent";
  EXPECT_EQ(service->open_handles(), 1u);
}

TEST_F(HttpServiceTest, CloseLetsAnAnswersConnectionLive) {
  client.answers["/x"].body = "unread";
  tqp_http_call* const call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  http->close(call);
  EXPECT_EQ(service->open_handles(), 0u);
  EXPECT_EQ(client.cut, 0);
}

TEST_F(HttpServiceTest, WhatIsOpenAtTheEndIsCountedAndGivenUp) {
  client.hold("/1");
  client.hold("/2");
  get("/1");
  get("/2");
  body("left");
  client.wait_begun(2);
  EXPECT_EQ(service->open_handles(), 3u);
  service.reset();
  client.wait_given_up(2);
}

// ---- memory ----

TEST_F(HttpServiceTest, WhatCouldNotBeStartedIsNeverSentWhereverMemoryIsMissing) {
  HttpServiceOptions one = options();
  one.parallel = 1;
  const std::string url = std::string(kBase) + "/a-target-that-is-longer-than-a-short-text";
  for (const bool thread_is_there : {false, true}) {
    size_t expected = client.sent().size();
    tqp_http_call* call = nullptr;
    for (int64_t at = 0; call == nullptr; ++at) {
      ASSERT_LT(at, 1000);
      open(one);
      if (thread_is_there) {
        ASSERT_EQ(wait({get("/before")}), TQP_OK);
        ++expected;
      }
      const size_t handles = service->open_handles();
      const tqp_http_request put = request("PUT", url, TQP_HTTP_EFFECT);
      tqp_status status = TQP_OK;
      {
        const FailingMemory missing(at);
        status = start(put, &call);
      }
      EXPECT_EQ(status, call == nullptr ? TQP_E_TRANSIENT : TQP_OK) << at << ": " << error.message;
      EXPECT_EQ(service->open_handles(), handles + (call == nullptr ? 0 : 1)) << at;
      // In order and one at a time: what was queued before it has been sent when it is answered.
      ASSERT_EQ(wait({get("/after")}), TQP_OK);
      expected += call == nullptr ? 1 : 2;
      ASSERT_EQ(client.sent().size(), expected) << "sent though allocation " << at << " failed";
    }
  }
}

// ---- threads ----

TEST_F(HttpServiceTest, OtherThreadsAreRefused) {
  tqp_http_body* const open_body = body("a");
  tqp_http_call* const call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  std::thread other([&] {
    tqp_http_body* out_body = nullptr;
    tqp_http_call* out_call = nullptr;
    std::string text;
    EXPECT_EQ(http->body_open(&ctx, &out_body, nullptr), TQP_E_BUG);
    EXPECT_EQ(http->body_write(open_body, "a", 1, nullptr), TQP_E_BUG);
    EXPECT_EQ(start(request("GET", "https://api.example.com/y"), &out_call), TQP_E_BUG);
    EXPECT_THAT(error.message, HasSubstr("home thread"));
    EXPECT_EQ(wait({call}, 0), TQP_E_BUG);
    EXPECT_EQ(ready, 1u);
    EXPECT_EQ(read(call, 1, &text), TQP_E_BUG);
    EXPECT_EQ(http->status(call), 0);
    http->close(call);
    http->body_close(open_body);
  });
  other.join();
  EXPECT_EQ(service->open_handles(), 2u);
  EXPECT_EQ(http->status(call), 200);
}

TEST_F(HttpServiceTest, WhatBreaksTheContractIsRememberedByTheNameOfItsCall) {
  tqp_http_call* const call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  char room[8];
  size_t got = 0;
  using Context = tqp_host_ctx*;
  const std::vector<std::pair<std::string, std::function<void(Context)>>> breaches = {
      {"http.body_open", [&](Context c) { http->body_open(c, nullptr, nullptr); }},
      {"http.body_write", [&](Context) { http->body_write(nullptr, "a", 1, nullptr); }},
      {"http.body_append", [&](Context) { http->body_append(nullptr, nullptr, nullptr); }},
      {"http.start", [&](Context c) { http->start(c, nullptr, nullptr, nullptr); }},
      {"http.wait", [&](Context c) { http->wait(c, &call, 1, 0, nullptr, nullptr); }},
      {"http.wait", [&](Context c) { http->wait(c, nullptr, 0, 0, &got, nullptr); }},
      {"http.read", [&](Context) { http->read(nullptr, room, sizeof room, &got, nullptr); }},
      {"http.read", [&](Context) { http->read(call, room, sizeof room, nullptr, nullptr); }},
      {"http.header",
       [&](Context) {
         http->header(call, {nullptr, 3});
       }},
      {"http.body_close",
       [&](Context) {
         tqp_http_body* const closed = body("a");
         http->body_close(closed);
         http->body_close(closed);
       }},
      {"http.status", [&](Context) {
         tqp_http_call* const closed = get("/y");
         http->close(closed);
         http->status(closed);
       }}};
  for (const auto& [name, breaks] : breaches) {
    tqp_host_ctx fresh{};
    fresh.home = ctx.home;
    fresh.http = ctx.http;
    const HomeContext newest(&fresh);
    call->host = &fresh;
    breaks(&fresh);
    EXPECT_THAT(fresh.breach.text(), testing::StartsWith(name + ":"));
  }
  call->host = &ctx;
}

TEST_F(HttpServiceTest, AfterABreachNothingThatHasAnEffectIsSent) {
  http->body_open(&ctx, nullptr, nullptr);
  ASSERT_TRUE(ctx.breach.noted());
  EXPECT_EQ(refused(request("POST", std::string(kBase) + "/x", TQP_HTTP_EFFECT)), TQP_E_BUG);
  EXPECT_THAT(error.message, HasSubstr("http.body_open"));
  ASSERT_EQ(wait({get("/y")}), TQP_OK) << "reading goes on";
  EXPECT_EQ(client.sent().size(), 1u);
}

TEST_F(HttpServiceTest, GivingUpTakesNoMemory) {
  get("/x");
  get("/y");
  bool thrown = false;
  try {
    const FailingMemory none(0);
    stop.cancel();
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  EXPECT_FALSE(thrown);
}

}  // namespace
}  // namespace tq
