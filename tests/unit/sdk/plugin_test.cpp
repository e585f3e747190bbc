// SPDX-License-Identifier: Apache-2.0
// plugin.hpp as a plugin meets it: a loaded file (probe.cpp) on the fake host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tqp_fake.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;
using tqp::fake::FakeHost;
using tqp::fake::Outcome;

class Plugin : public testing::Test {
 protected:
  static const tqp_plugin* probe() {
    auto loaded = FakeHost::load(PROBE_SO);
    if (!loaded.ok()) ADD_FAILURE() << loaded.error().message;
    return loaded.ok() ? *loaded : nullptr;
  }
  void SetUp() override {
    host_.setup.schema = R"({"properties":{"do":{},"host":{"default":"remote.example"},
        "key":{"writeOnly":true},"limit":{"default":7},"loud":{},"names":{},"map":{}}})";
  }
  Outcome run(const std::string& what) {
    host_.setup.config = R"({"do":")" + what + R"("})";
    return host_.run_job();
  }

  FakeHost host_{probe()};
};

TEST_F(Plugin, DescriptorIsTheManifests) {
  const tqp_plugin* const plugin = probe();
  EXPECT_EQ(tqp::to_view(plugin->id), "probe");
  EXPECT_EQ(tqp::to_view(plugin->version), "0.1.0");
  EXPECT_EQ(plugin->abi_major, TQP_ABI_MAJOR);
  EXPECT_THAT(tqp::to_view(plugin->manifest), StartsWith("{\n  \"id\": \"probe\""));
  EXPECT_THAT(tqp::to_view(plugin->manifest), testing::EndsWith("}\n"));
}

TEST_F(Plugin, SettingsOfEveryType) {
  host_.setup.config = R"({"do":"settings","loud":false,"names":["a","b"],"map":{"x":1,"y/z":2}})";
  const Outcome outcome = host_.run_job();
  EXPECT_EQ(outcome.status, TQP_E_DENIED);  // the secret at the end
  EXPECT_EQ(outcome.field, "/key");
  ASSERT_EQ(host_.seen.log.size(), 1u);
  EXPECT_THAT(host_.seen.log[0].fields, ElementsAre(Pair("limit", "7"), Pair("loud", "false"),
                                                    Pair("all", "a;b;x!y/z!"), Pair("pi", "0.5")));
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, ASettingWithoutValueIsNamed) {
  host_.setup.config = "{}";
  const Outcome outcome = host_.run_job();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_EQ(outcome.field, "/do");
  EXPECT_THAT(outcome.message, HasSubstr("/do has no value"));
}

TEST_F(Plugin, StateInATransaction) {
  host_.state = {{"a/0", "zero"}, {"gone", "x"}};
  ASSERT_TRUE(run("state").ok());
  EXPECT_EQ(host_.seen.log.at(0).text, "a/0=zero a/1=one a/2=two ");
  EXPECT_THAT(host_.seen.log[0].fields, ElementsAre(Pair("gone", "false")));
  EXPECT_THAT(host_.state, ElementsAre(Pair("a/0", "zero"), Pair("a/1", "one"), Pair("a/2", "two"),
                                       Pair("b", "x")));
  EXPECT_EQ(host_.seen.commits, 1u);
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, FiguresOfEveryKind) {
  ASSERT_TRUE(run("measure").ok());
  const auto& seen = host_.seen.metrics;
  EXPECT_EQ(seen.at("probe_sent_total{by=\"y\",to=\"x\"}").value, 3);
  EXPECT_EQ(seen.at("probe_waiting").value, 4);
  EXPECT_EQ(seen.at("probe_bytes").value, 1021);
  EXPECT_THAT(seen.at("probe_bytes").buckets, ElementsAre(1, 1, 1));
  EXPECT_THAT(host_.seen.log.at(0).fields, ElementsAre(Pair("offered", "true")));
  host_.restart();
  ASSERT_TRUE(run("measure").ok());
  EXPECT_EQ(seen.at("probe_waiting").value, 4);
  EXPECT_EQ(seen.at("probe_sent_total{by=\"y\",to=\"x\"}").value, 6) << "they go on";
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, FiguresNeverStopTheWork) {
  host_.setup.withheld = {TQP_METRICS};
  EXPECT_TRUE(run("measure").ok());
  EXPECT_THAT(host_.seen.log.at(0).fields, ElementsAre(Pair("offered", "false")));
  host_.destroy();
  host_.setup.withheld.clear();
  host_.setup.metrics_most = 1;
  EXPECT_TRUE(run("measure").ok());
  EXPECT_EQ(host_.seen.metrics.size(), 1u);
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, FiguresThatBreakTheContractAreViolations) {
  EXPECT_EQ(run("measure wrongly").status, TQP_E_BUG);
  EXPECT_THAT(host_.seen.violations,
              ElementsAre(HasSubstr("metrics.add: not for probe_sent_total: -1"),
                          HasSubstr("metrics.create: no name for a metric: probe sent")));
}

TEST_F(Plugin, IsToldWhatAPersonWantsOfferedAgain) {
  EXPECT_EQ(run("retries").status, TQP_E_CONFIG);
  host_.setup.retries = {{"report", "r1"}, {"report", "r2"}};
  ASSERT_TRUE(run("retries").ok());
  EXPECT_TRUE(host_.seen.logged("report r1"));
  EXPECT_EQ(run("retries").status, TQP_E_CONFIG) << "each once";
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, CursorIsARangeOverBatches) {
  auto& collection = host_.setup.collections["all"];
  collection.batch_rows = 2;
  collection.rows = {
      {3, "FQDN", "c.example"}, {1, "MD5", "m"}, {2, "FQDN", "b.example", "Active", 9}};
  ASSERT_TRUE(run("read").ok());
  EXPECT_EQ(host_.seen.log.at(0).text, "MD5:m=-1 FQDN:b.example=9 FQDN:c.example=-1 ");
  EXPECT_THAT(host_.seen.log[0].fields, ElementsAre(Pair("whole", "true")));
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, AnEmptyCollectionIsAWholeOne) {
  host_.setup.collections["all"];
  ASSERT_TRUE(run("read").ok());
  EXPECT_THAT(host_.seen.log.at(0).fields, ElementsAre(Pair("whole", "true")));
}

TEST_F(Plugin, ABrokenReadEndsTheLoopAndIsTold) {
  auto& collection = host_.setup.collections["all"];
  collection.batch_rows = 2;
  collection.rows = {{1, "MD5", "a"}, {2, "MD5", "b"}, {3, "MD5", "c"}};
  collection.fail_after_rows = 2;
  const Outcome outcome = run("read");
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(outcome.message, collection.failure.message);
  EXPECT_THAT(host_.seen.log.at(0).fields, ElementsAre(Pair("whole", "false")));
}

TEST_F(Plugin, AFailureThatTheLoopForgotFailsTheRun) {
  auto& collection = host_.setup.collections["all"];
  collection.rows = {{1, "MD5", "a"}, {2, "MD5", "b"}};
  collection.fail_after_rows = 1;
  const Outcome outcome = run("read and forget");
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(outcome.message, collection.failure.message);
}

TEST_F(Plugin, AForgottenScanFailsTheRunToo) {
  host_.state = {{"a", "1"}};
  host_.answer("POST", "/die", tqp::fake::Answer{});
  host_.setup.crash_at = 1;
  EXPECT_EQ(run("scan and forget").status, TQP_E_TRANSIENT);
}

TEST_F(Plugin, AForgottenFailureDoesNotOutliveItsRun) {
  auto& collection = host_.setup.collections["all"];
  collection.rows = {{1, "MD5", "a"}};
  collection.fail_after_rows = 0;
  EXPECT_EQ(run("read and forget").status, TQP_E_TRANSIENT);
  collection.fail_after_rows = tqp::fake::kNever;
  EXPECT_TRUE(run("read and forget").ok());
}

TEST_F(Plugin, SeveralRequestsInFlight) {
  host_.answer("GET", "/slow$", {200, "slow", {{"ETag", "s"}}, {}, false, 300});
  host_.answer("GET", "/quick$", {200, "quick", {{"ETag", "q"}}, {}, false, 100});
  host_.answer("GET", "/down$", {0, "", {}, tqp::Error{TQP_E_TRANSIENT, "refused"}, false, 200});
  ASSERT_TRUE(run("parallel").ok());
  ASSERT_EQ(host_.seen.log.size(), 3u);
  EXPECT_EQ(host_.seen.log[0].text, "quick");
  EXPECT_THAT(host_.seen.log[0].fields, ElementsAre(Pair("at_ms", "1100"), Pair("etag", "q")));
  EXPECT_EQ(host_.seen.log[1].text, "refused");
  EXPECT_THAT(host_.seen.log[1].fields, ElementsAre(Pair("status", "0")));
  EXPECT_EQ(host_.seen.log[2].text, "slow");
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, BodiesMergeIntoOne) {
  host_.answer("POST", "/all$", tqp::fake::Answer{});
  ASSERT_TRUE(run("merge").ok());
  ASSERT_EQ(host_.seen.requests.size(), 1u);
  EXPECT_EQ(host_.seen.requests[0].body, "[1,2]");
  EXPECT_THAT(host_.seen.requests[0].headers, ElementsAre(Pair("X-A", "b")));
  EXPECT_THAT(host_.seen.log.at(0).fields, ElementsAre(Pair("bytes", "5")));
  host_.destroy();
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, ExceptionsEndAtTheBoundary) {
  const Outcome thrown = run("throw");
  EXPECT_EQ(thrown.status, TQP_E_BUG);
  EXPECT_THAT(thrown.message, StartsWith("the plugin threw: caf\xC3\xA9 xxx"));
  EXPECT_EQ(thrown.message.size(), 511u);
  EXPECT_EQ(run("throw an int").status, TQP_E_BUG);
}

TEST_F(Plugin, CreateMayRefuseAndMayThrow) {
  const Outcome refused = run("refuse");
  EXPECT_EQ(refused.status, TQP_E_CONFIG);
  EXPECT_EQ(refused.field, "/do");
  EXPECT_EQ(run("throw in create").status, TQP_E_BUG);
}

TEST_F(Plugin, AMissingServiceIsNamed) {
  host_.setup.withheld = {TQP_HTTP};
  EXPECT_THAT(run("nothing").message, HasSubstr(TQP_HTTP));

  // The SDK's own check, for hosts that do not read the manifest.
  tqp_plugin bare = *probe();
  bare.manifest = {};
  FakeHost other(&bare);
  for (const char* id : {TQP_LOG, TQP_RUN, TQP_CONFIG, TQP_STATE, TQP_HTTP}) {
    other.setup.withheld = {id};
    const Outcome outcome = other.create();
    EXPECT_EQ(outcome.status, TQP_E_UNSUPPORTED);
    EXPECT_THAT(outcome.message, HasSubstr(id));
  }
}

TEST_F(Plugin, AnOptionalServiceThatIsMissingFailsItsUseOnly) {
  host_.setup.withheld = {TQP_THREATQ};
  const Outcome outcome = run("read");
  EXPECT_EQ(outcome.status, TQP_E_UNSUPPORTED);
  EXPECT_THAT(outcome.message, HasSubstr(TQP_THREATQ));
  EXPECT_TRUE(run("state").ok());
}

TEST_F(Plugin, CheckIsFoundByItsMember) {
  host_.setup.config = R"({"key":"k"})";
  host_.answer("GET", "^https://remote.example/ping$", {200}, 1);
  host_.answer("GET", "/ping", {401});
  EXPECT_TRUE(host_.check().ok());
  EXPECT_EQ(host_.seen.requests.at(0).auth, "remote");
  const Outcome refused = host_.check();
  EXPECT_EQ(refused.status, TQP_E_AUTH);
  EXPECT_EQ(refused.http_status, 401);
  EXPECT_EQ(host_.setup.flags, 0u);
}

TEST_F(Plugin, ExplainSeesTheQueryAndTheRowsOfThatValue) {
  host_.setup.collections["all"].rows = {{1, "MD5", "a"}, {2, "MD5", "b"}, {3, "FQDN", "b"}};
  const auto explained = host_.explain("MD5", "b");
  EXPECT_TRUE(explained.outcome.ok()) << explained.outcome;
  EXPECT_EQ(explained.text, "MD5/b: 2 3\n");
  EXPECT_EQ(host_.explain("", "none").text, "/none:\n");
  EXPECT_THAT(host_.state, IsEmpty()) << "a commit rolls back";
  EXPECT_EQ(host_.setup.flags, 0u);
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, ExplainFailsAsTheOthersDo) {
  auto& collection = host_.setup.collections["all"];
  EXPECT_EQ(host_.explain("", "throw").outcome.status, TQP_E_BUG);
  const auto refused = host_.explain("", "refuse");
  EXPECT_EQ(refused.outcome.field, "/do");
  EXPECT_EQ(refused.text, "");
  collection.fail_after_rows = 0;
  EXPECT_EQ(host_.explain("", "b").outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(host_.explain("", "b", 7).outcome.status, TQP_E_TRANSIENT)
      << "a failure that the plugin forgot";
}

TEST_F(Plugin, ExplainNeedsAWholeQuery) {
  ASSERT_TRUE(host_.create().ok());
  tqp_instance* instance = nullptr;
  ASSERT_EQ(probe()->create(host_.raw(), &instance, nullptr), TQP_OK);
  const auto* const table =
      static_cast<const tqp_explain*>(probe()->facet(instance, tqp::to_str(TQP_FACET_EXPLAIN)));
  tqp_explain_query query{};
  query.size = offsetof(tqp_explain_query, value);
  std::string text;
  EXPECT_EQ(table->explain(instance, &query, tqp::sink_to(text), nullptr), TQP_E_BUG);
  query.size = sizeof query;
  query.value = tqp::to_str("refuse");
  host_.setup.flags = TQP_RUN_CHECK;
  EXPECT_EQ(table->explain(instance, &query, tqp::sink_to(text), nullptr), TQP_E_CONFIG);
  probe()->destroy(instance);
}

TEST_F(Plugin, PurgeHasItsEffects) {
  host_.state = {{"k", "v"}, {"other", "x"}};
  host_.answer("DELETE", "/all$", {204});
  ASSERT_TRUE(host_.purge().ok());
  EXPECT_THAT(host_.seen.requests, testing::SizeIs(1));
  EXPECT_THAT(host_.state, ElementsAre(Pair("other", "x")));
  EXPECT_THAT(host_.seen.violations, IsEmpty());
}

TEST_F(Plugin, AFacetThatThePluginLacksIsNamed) {
  auto loaded = FakeHost::load(TINY_SO);
  ASSERT_TRUE(loaded.ok());
  FakeHost tiny(*loaded);
  tiny.setup.config = R"({"collection":"c","summary_url":"https://r.example/","token":"t"})";
  EXPECT_EQ(tiny.explain("", "b").outcome.status, TQP_E_UNSUPPORTED);
  EXPECT_THAT(tiny.explain("", "b").outcome.message, HasSubstr(TQP_FACET_EXPLAIN));
  EXPECT_THAT(tiny.purge().message, HasSubstr(TQP_FACET_PURGE));
}

}  // namespace
