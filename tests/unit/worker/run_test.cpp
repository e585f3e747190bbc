// SPDX-License-Identifier: Apache-2.0
// A facet's call seen from the host, with plugins that do what they should not.
#include "worker/run.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <stdexcept>

#include "services/host_ctx.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

// What the plugin of a test does, and what was called on it.
struct Script {
  tqp_status create = TQP_OK;
  tqp_status facet = TQP_OK;
  bool throws = false, no_table = false, small_table = false, no_terminator = false;
  uint64_t retry_after_ms = 0;
  std::string calls;
};

}  // namespace
}  // namespace tq

struct tqp_instance {
  tq::Script* script;
};

namespace tq {
namespace {

Script* script_of(const tqp_host* host) { return reinterpret_cast<Script*>(host->ctx); }

tqp_status create(const tqp_host* host, tqp_instance** out, tqp_error* error) {
  Script* script = script_of(host);
  script->calls += "create ";
  if (script->create == TQP_OK) {
    *out = new tqp_instance{script};
  } else {
    std::strcpy(error->message, "no such thing");
    std::strcpy(error->field, "/thing");
  }
  return script->create;
}

tqp_status run(tqp_instance* instance, tqp_error* error) {
  Script& script = *instance->script;
  script.calls += "run ";
  if (script.throws) throw std::runtime_error("out of the plugin");
  error->retry_after_ms = script.retry_after_ms;
  if (script.no_terminator) std::memset(error->message, 'x', sizeof error->message);
  return script.facet;
}

const void* facet(tqp_instance* instance, tqp_str id) {
  static constexpr tqp_job kJob = {sizeof kJob, 0, &run};
  static constexpr tqp_job kSmall = {8, 0, &run};
  instance->script->calls += view(id) == TQP_FACET_JOB ? "job " : "check ";
  if (instance->script->no_table) return nullptr;
  return instance->script->small_table ? &kSmall : &kJob;
}

tqp_status verify(tqp_instance* instance, const tqp_findings* findings, tqp_error*) {
  findings->found(findings->ctx, TQP_FOUND_SAME, 3, borrow("item"), {}, {});
  return instance->script->facet;
}

const void* verify_facet(tqp_instance* instance, tqp_str id) {
  static constexpr tqp_verify kVerify = {sizeof kVerify, 0, &verify};
  static constexpr tqp_verify kSmall = {8, 0, &verify};
  if (view(id) != TQP_FACET_VERIFY) return nullptr;
  return instance->script->small_table ? &kSmall : &kVerify;
}

void destroy(tqp_instance* instance) {
  instance->script->calls += "destroy";
  delete instance;
}

Result<void> call(Script& script, Purpose purpose = Purpose::kRun) {
  tqp_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.create = &create;
  plugin.facet = &facet;
  plugin.destroy = &destroy;
  tqp_host host{};
  host.size = sizeof host;
  host.ctx = reinterpret_cast<tqp_host_ctx*>(&script);
  return call_facet(plugin, &host, {purpose});
}

TEST(Facet, IsCalledBetweenCreateAndDestroy) {
  Script script;
  EXPECT_TRUE(call(script).ok());
  EXPECT_EQ(script.calls, "create job run destroy");
  script.calls.clear();
  EXPECT_TRUE(call(script, Purpose::kCheck).ok());
  EXPECT_EQ(script.calls, "create check run destroy");
}

TEST(Facet, AVerificationTellsWhatItFinds) {
  Script script;
  tqp_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.create = &create;
  plugin.facet = &verify_facet;
  plugin.destroy = &destroy;
  tqp_host host{};
  host.size = sizeof host;
  host.ctx = reinterpret_cast<tqp_host_ctx*>(&script);
  uint64_t same = 0;
  tqp_findings findings{};
  findings.size = sizeof findings;
  findings.ctx = &same;
  findings.found = [](void* ctx, int32_t how, uint64_t n, tqp_str, tqp_str, tqp_str) {
    if (how == TQP_FOUND_SAME) *static_cast<uint64_t*>(ctx) += n;
  };
  FacetCall call{Purpose::kVerify};
  call.findings = &findings;
  EXPECT_TRUE(call_facet(plugin, &host, call).ok());
  EXPECT_EQ(same, 3u);
  script.small_table = true;
  EXPECT_EQ(call_facet(plugin, &host, call).error().status, Status::kBug);
}

TEST(Facet, NothingIsCalledAfterAFailedCreate) {
  Script script;
  script.create = TQP_E_CONFIG;
  const auto result = call(script);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().status, Status::kConfig);
  EXPECT_EQ(result.error().message, "no such thing");
  EXPECT_EQ(result.error().field, "/thing");
  EXPECT_EQ(script.calls, "create ");
}

TEST(Facet, AnExceptionThatCrossesIsABugAndTheInstanceIsDestroyed) {
  Script script;
  script.throws = true;
  const auto result = call(script);
  EXPECT_EQ(result.error().status, Status::kBug);
  EXPECT_THAT(result.error().message, HasSubstr("out of the plugin"));
  EXPECT_THAT(script.calls, HasSubstr("destroy"));
}

TEST(Facet, AMissingOrSmallTableIsRefused) {
  Script script;
  script.no_table = true;
  EXPECT_EQ(call(script).error().status, Status::kUnsupported);
  script.no_table = false;
  script.small_table = true;
  EXPECT_EQ(call(script).error().status, Status::kBug);
}

TEST(Facet, AMessageWithoutEndIsReadToItsRoomOnly) {
  Script script;
  script.facet = TQP_E_TRANSIENT;
  script.no_terminator = true;
  EXPECT_EQ(call(script).error().message.size(), sizeof(tqp_error::message));
}

// By "..." the redactor knows that half a secret may stand in front of it.
TEST(Facet, AMessageThatFillsItsPlaceIsMarkedAsCut) {
  Script script;
  script.facet = TQP_E_DATA;
  script.no_terminator = true;
  EXPECT_THAT(call(script).error().message, testing::EndsWith("x..."));
}

TEST(Facet, AFailureWithoutAMessageGetsOne) {
  Script script;
  script.facet = TQP_E_TRANSIENT;
  EXPECT_THAT(call(script).error().message, HasSubstr("status 18"));
}

TEST(Facet, AnswersOfServicesAreNoOutcome) {
  for (const tqp_status status : {TQP_END, TQP_AGAIN, TQP_SKIPPED}) {
    Script script;
    script.facet = status;
    EXPECT_EQ(call(script).error().status, Status::kBug) << status;
  }
}

TEST(Facet, WhatItAsksToWaitIsADayAtMost) {
  constexpr uint64_t kDayMs = 24 * 60 * 60'000;
  for (const uint64_t asked : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 31, uint64_t{INT64_MAX},
                               uint64_t{1} << 63, UINT64_MAX}) {
    Script script;
    script.facet = TQP_E_LIMITED;
    script.retry_after_ms = asked;
    EXPECT_EQ(call(script).error().retry_after_ms, std::min(asked, kDayMs));
  }
}

TEST(Facet, NobodyIsCancelledUnasked) {
  Script script;
  script.facet = TQP_CANCELLED;
  const auto result = call(script);
  EXPECT_EQ(result.error().status, Status::kBug);
  EXPECT_THAT(result.error().message, HasSubstr("nobody had asked it to stop"));
}

tqp_status serve(tqp_instance* instance, tqp_error*) { return instance->script->facet; }

const void* listening_facet(tqp_instance*, tqp_str) {
  static constexpr tqp_listener kListener = {sizeof kListener, 0, &serve};
  return &kListener;
}

TEST(Facet, AListenerThatReturnsUnaskedHasFailed) {
  Script script;
  tqp_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.create = &create;
  plugin.facet = &listening_facet;
  plugin.destroy = &destroy;
  tqp_host host{};
  host.size = sizeof host;
  host.ctx = reinterpret_cast<tqp_host_ctx*>(&script);
  Cancel cancel;
  FacetCall call;
  call.listen = true;
  call.cancel = &cancel;
  const auto unasked = call_facet(plugin, &host, call);
  ASSERT_FALSE(unasked.ok());
  EXPECT_THAT(unasked.error().message, HasSubstr("nobody had asked it to stop"));
  cancel.cancel();
  EXPECT_TRUE(call_facet(plugin, &host, call).ok());
  script.facet = TQP_CANCELLED;
  EXPECT_EQ(call_facet(plugin, &host, call).error().status, Status::kCancelled);
}

TEST(Status, WhatIsNotListedCountsByItsRange) {
  EXPECT_EQ(status_from(TQP_E_AUTH), Status::kAuth);
  EXPECT_EQ(status_from(7), Status::kBug);
  EXPECT_EQ(status_from(40), Status::kData);
  EXPECT_EQ(status_from(64), Status::kBug);
  EXPECT_EQ(status_from(-1), Status::kBug);
}

TEST(CountsNote, IsASentenceForPeople) {
  RunCounts counts;
  EXPECT_EQ(counts_note(counts), "nothing to do");
  counts.counts = {{"read", 1'234'567}, {"sent", 1203}, {"skipped", 297}};
  counts.skipped = {{"too short", 177}, {"type URL", 120}};
  EXPECT_EQ(counts_note(counts),
            "1,234,567 read, 1,203 sent, 297 skipped (too short 177, type URL 120)");
  for (int i = 0; i < 9; ++i) counts.skipped["reason " + std::to_string(i)] = 1;
  EXPECT_THAT(counts_note(counts), HasSubstr(", ...)"));
}

}  // namespace
}  // namespace tq
