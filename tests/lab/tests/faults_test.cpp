// SPDX-License-Identifier: Apache-2.0
// Every kind of fault as it is seen on the wire, and the refusal of rules that are not understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Faults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cbc_ = new Cbc;
    feed_ = new std::string(cbc_->make_feed());
    cbc_->put(*feed_, some_report("r"));
  }
  static void TearDownTestSuite() {
    delete feed_;
    delete cbc_;
  }
  void TearDown() override { cbc_->process.clear_faults(); }

  static std::string reports_path() { return std::string(Cbc::kFeeds) + '/' + *feed_ + "/reports"; }
  static RawAnswer get() { return cbc_->call("GET", reports_path()); }
  static void fault(const std::string& rule) { cbc_->process.fault(rule); }
  static Json applied(std::size_t rule) {
    return Json::parse(cbc_->process.fault_state())["rules"][rule]["applied"];
  }

  static Cbc* cbc_;
  static std::string* feed_;
};

Cbc* Faults::cbc_ = nullptr;
std::string* Faults::feed_ = nullptr;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::time_t date_of(const RawAnswer& answer) {
  std::tm tm{};
  strptime(answer.header("Date").value_or("").c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm);
  return timegm(&tm);
}

TEST_F(Faults, AStatusWithHeadersAndBody) {
  fault(R"({"action":{"status":503,"headers":{"Retry-After":"2"},"body":"busy"}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Retry-After"), "2");
  EXPECT_EQ(answer.body, "busy");
  EXPECT_EQ(get().status, 200);  // once
  EXPECT_EQ(applied(0), 1);
}

TEST_F(Faults, TheNthMatchingRequestAndSoManyAfterIt) {
  fault(
      R"({"match":{"method":"GET","path":"/reports$","nth":3,"times":2},"action":{"status":500}})");
  cbc_->call("GET", Cbc::kFeeds);  // matches not
  std::vector<int> seen;
  for (int i = 0; i < 6; ++i) seen.push_back(get().status);
  EXPECT_THAT(seen, testing::ElementsAre(200, 200, 500, 500, 200, 200));
}

TEST_F(Faults, OfSeveralMethodsAndOfNoneThatOnlyLooksLikeOne) {
  fault(R"({"match":{"method":"PUT|GET","times":2},"action":{"status":500}})");
  EXPECT_EQ(get().status, 500);
  cbc_->call("DELETE", Cbc::kFeeds);
  EXPECT_EQ(get().status, 500);
  EXPECT_EQ(get().status, 200);
  EXPECT_EQ(applied(0), 2);
}

TEST_F(Faults, ForEverUntilCleared) {
  fault(R"({"match":{"times":0},"action":{"status":502}})");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get().status, 502);
  cbc_->process.clear_faults();
  EXPECT_EQ(get().status, 200);
}

TEST_F(Faults, AQueryIsMatched) {
  fault(R"({"match":{"query":"^include_public=true$"},"action":{"status":500}})");
  EXPECT_EQ(cbc_->call("GET", Cbc::kFeeds).status, 200);
  EXPECT_EQ(cbc_->call("GET", std::string(Cbc::kFeeds) + "?include_public=true").status, 500);
}

TEST_F(Faults, SeveralRulesEachCountForThemselves) {
  fault(R"({"match":{"nth":1},"action":{"status":500}})");
  fault(R"({"match":{"nth":2},"action":{"status":501}})");
  fault(R"({"match":{"nth":2},"action":{"status":502}})");
  EXPECT_EQ(get().status, 500);
  EXPECT_EQ(get().status, 501);  // the rule that was set first wins
  EXPECT_EQ(get().status, 200);
}

TEST_F(Faults, AReset) {
  fault(R"({"action":{"reset":true}})");
  const RawAnswer answer = get();
  EXPECT_TRUE(answer.was_reset);
  EXPECT_EQ(answer.status, 0);
}

TEST_F(Faults, ATruncatedBodyIsValidHttp) {
  const std::string whole = get().body;
  fault(R"({"action":{"truncate":40}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "40");
  EXPECT_EQ(answer.body, whole.substr(0, 40));
}

TEST_F(Faults, AShortBodyPromisesMoreThanItSends) {
  const std::string whole = get().body;
  fault(R"({"action":{"short_body":40}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(whole.size()));
  EXPECT_EQ(answer.body, whole.substr(0, 40));
  EXPECT_FALSE(answer.was_reset);
}

TEST_F(Faults, ADelay) {
  fault(R"({"action":{"delay_ms":300}})");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(get().status, 200);
  EXPECT_GE(seconds_since(start), 0.3);
}

TEST_F(Faults, ADelayBesideAnotherAction) {
  fault(R"({"action":{"delay_ms":200,"html":504}})");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(get().status, 504);
  EXPECT_GE(seconds_since(start), 0.2);
}

TEST_F(Faults, ASlowBodyArrivesWhole) {
  const std::string whole = get().body;
  fault(R"({"action":{"slow_bytes_per_s":)" + std::to_string(whole.size() * 4) + "}}");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(get().body, whole);
  EXPECT_GE(seconds_since(start), 0.2);
}

TEST_F(Faults, MalformedJson) {
  fault(R"({"action":{"malformed":true}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_FALSE(Json::accept(answer.body));
}

TEST_F(Faults, AGatewaysPage) {
  fault(R"({"action":{"html":502}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.header("Content-Type"), "text/html");
  EXPECT_THAT(answer.body, StartsWith("<html>"));
}

TEST_F(Faults, AShiftedClockStaysUntilCleared) {
  EXPECT_LE(std::abs(date_of(get()) - std::time(nullptr)), 2);
  fault(R"({"action":{"skew_s":-412}})");
  for (int i = 0; i < 3; ++i) EXPECT_LE(std::abs(date_of(get()) + 412 - std::time(nullptr)), 2);
  cbc_->process.clear_faults();
  EXPECT_LE(std::abs(date_of(get()) - std::time(nullptr)), 2);
}

TEST_F(Faults, ALogInPageInPlaceOfTheAnswer) {
  fault(R"({"action":{"login_page":200}})");
  const RawAnswer answer = get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("<form"));
}

TEST_F(Faults, RedirectsThatEndAtALogInPage) {
  fault(R"({"action":{"redirect":{"status":307,"hops":2}}})");
  RawAnswer answer = get();
  for (int hop = 0; hop < 2; ++hop) {
    ASSERT_EQ(answer.status, 307);
    answer = cbc_->call("PUT", answer.header("Location").value_or("/"), "{}");
  }
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("<form"));
}

// What a client must not believe of a write, whether it was done or not.
TEST_F(Faults, AnyAnswerToAWriteThatWasDoneOrNot) {
  for (const bool done : {false, true}) {
    for (const char* answer :
         {R"("status":200,"body":"")", R"("status":200,"body":"[]")", R"("status":202)",
          R"("status":203)", R"("status":206)", R"("status":200,"body":"{\"success\": false}")",
          R"("status":200,"body":"{\"error\": \"x\"}")", R"("login_page":200)",
          R"("redirect":{})"}) {
      cbc_->replace(*feed_, Json::array());
      fault(R"({"match":{"method":"PUT"},"action":{)" + std::string(answer) +
            R"(},"after_effect":)" + (done ? "true}" : "false}"));
      cbc_->put(*feed_, some_report("w"));
      EXPECT_EQ(cbc_->summary()["reports"], done ? 1 : 0) << answer;
    }
  }
  cbc_->replace(*feed_, Json::array({some_report("r")}));
}

TEST_F(Faults, TheContentTypeOfAnOwnAnswer) {
  fault(R"({"action":{"status":200,"body":"{}","content_type":"text/plain"}})");
  EXPECT_EQ(get().header("Content-Type"), "text/plain");
  fault(R"({"action":{"status":200,"content_type":""}})");
  EXPECT_EQ(get().header("Content-Type"), std::nullopt);
}

TEST_F(Faults, WhateverHoldsATextFailsForEver) {
  fault(
      R"({"match":{"method":"PUT","holds":"evil.example.com","times":0},"action":{"status":409}})");
  Json report = some_report("holder");
  report["iocs_v2"][0]["values"][0] = "evil.example.com";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cbc_->put(*feed_, report).status, 409);
  EXPECT_EQ(cbc_->put(*feed_, some_report("other")).status, 200);
  EXPECT_EQ(applied(0), 3);
}

TEST_F(Faults, TheServiceSeesTheRequestOnlyAfterEffect) {
  const auto held = [] { return cbc_->summary()["reports"]; };
  const Json before = held();
  for (const char* action :
       {R"({"status":504})", R"({"reset":true})", R"({"html":502})", R"({"malformed":true})"}) {
    fault(std::string(R"({"match":{"method":"PUT"},"action":)") + action + "}");
    cbc_->put(*feed_, some_report("never"));
    EXPECT_EQ(held(), before) << action;
  }
  cbc_->process.clear_faults();
  fault(R"({"match":{"method":"PUT"},"action":{"status":504},"after_effect":true})");
  EXPECT_EQ(cbc_->put(*feed_, some_report("stored")).status, 504);
  EXPECT_EQ(held(), before.get<int>() + 1);
  cbc_->process.clear_faults();
  fault(R"({"match":{"method":"PUT"},"action":{"reset":true},"after_effect":true})");
  EXPECT_TRUE(cbc_->put(*feed_, some_report("stored-too")).was_reset);
  EXPECT_EQ(held(), before.get<int>() + 2);
  fault(R"({"match":{"method":"PUT"},"action":{"short_body":1}})");
  EXPECT_EQ(cbc_->put(*feed_, some_report("and-this")).body.size(), 1U);
  EXPECT_EQ(held(), before.get<int>() + 3);
}

TEST_F(Faults, TheLogTellsWhatTheClientSaw) {
  cbc_->process.reset_requests();
  fault(R"({"action":{"reset":true}})");
  get();
  get();
  const Json log = Json::parse(cbc_->process.requests());
  EXPECT_EQ(log["count"], 2);
  EXPECT_EQ(log["list"][0]["status"], 0);
  EXPECT_EQ(log["list"][1]["status"], 200);
}

TEST_F(Faults, RulesThatAreNotUnderstoodAreRefused) {
  for (const char* rule : {"",
                           "x",
                           "[]",
                           "{}",
                           R"({"action":{}})",
                           R"({"action":{"explode":true}})",
                           R"({"action":{"status":"503"}})",
                           R"({"action":{"status":99}})",
                           R"({"action":{"status":503,"headers":[]}})",
                           R"({"action":{"body":"x"}})",
                           R"({"action":{"status":503,"reset":true}})",
                           R"({"action":{"reset":false}})",
                           R"({"action":{"truncate":-1}})",
                           R"({"action":{"delay_ms":0}})",
                           R"({"action":{"html":true}})",
                           R"({"action":{"login_page":true}})",
                           R"({"action":{"redirect":{"hops":0}}})",
                           R"({"action":{"redirect":{"status":200}}})",
                           R"({"action":{"redirect":{"to":"x"}}})",
                           R"({"action":{"content_type":"x"}})",
                           R"({"match":{"holds":1},"action":{"reset":true}})",
                           R"({"action":{"skew_s":"1"}})",
                           R"({"match":{"path":"("},"action":{"reset":true}})",
                           R"({"match":{"nth":0},"action":{"reset":true}})",
                           R"({"match":{"times":-1},"action":{"reset":true}})",
                           R"({"match":{"verb":"GET"},"action":{"reset":true}})",
                           R"({"match":[],"action":{"reset":true}})",
                           R"({"action":{"reset":true},"more":1})",
                           R"({"action":{"reset":true},"after_effect":1})",
                           R"({"action":{"truncate":1},"after_effect":false})",
                           R"({"service":{"error_in_ok":1},"action":{"reset":true}})"}) {
    const LabAnswer answer = cbc_->process.call("POST", "/__lab/fault", rule);
    EXPECT_EQ(answer.status, 400) << rule;
    EXPECT_THAT(answer.body, HasSubstr("error")) << rule;
  }
  EXPECT_EQ(cbc_->process.fault_state(), R"({"rules":[]})");
}

}  // namespace
}  // namespace lab
