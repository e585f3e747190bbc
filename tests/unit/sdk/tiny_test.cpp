// SPDX-License-Identifier: Apache-2.0
// The example connector in C, from its file, on the fake host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <tqp_fake.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using tqp::fake::FakeHost;
using tqp::fake::Outcome;

class Tiny : public testing::Test {
 protected:
  static const tqp_plugin* tiny() {
    auto loaded = FakeHost::load(TINY_SO);
    if (!loaded.ok()) ADD_FAILURE() << loaded.error().message;
    return loaded.ok() ? *loaded : nullptr;
  }
  void SetUp() override {
    std::stringstream schema;
    schema << std::ifstream(TINY_SCHEMA).rdbuf();
    host_.setup.schema = schema.str();
    host_.setup.config =
        R"({"collection":"A \"b\" \\c","summary_url":"https://sum.example/in","token":"secret"})";
    auto& collection = host_.setup.collections["A \"b\" \\c"];
    collection.batch_rows = 2;
    collection.rows = {{1, "MD5", "a"}, {2, "MD5", "b"}, {3, "FQDN", "c"}};
    host_.answer("POST", "^https://sum.example/in$",
                 [this](const tqp::fake::Sent&) { return answer_; });
  }
  void TearDown() override {
    host_.destroy();
    EXPECT_THAT(host_.seen.violations, IsEmpty());
  }

  tqp::fake::Answer answer_;
  FakeHost host_{tiny()};
};

TEST_F(Tiny, PostsTheNumberOnce) {
  ASSERT_TRUE(host_.run_job().ok());
  ASSERT_EQ(host_.seen.requests.size(), 1u);
  EXPECT_EQ(host_.seen.requests[0].body, R"({"indicators":3})");
  EXPECT_EQ(host_.seen.requests[0].auth, "summary");
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 3u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), 1u);
  EXPECT_THAT(host_.state, ElementsAre(Pair("last", R"({"indicators":3})")));

  ASSERT_TRUE(host_.run_job().ok());
  EXPECT_EQ(host_.seen.requests.size(), 1u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), 1u);
}

TEST_F(Tiny, ADryRunKeepsNothing) {
  host_.setup.flags = TQP_RUN_DRY;
  ASSERT_TRUE(host_.run_job().ok());
  EXPECT_TRUE(host_.seen.requests.at(0).skipped);
  EXPECT_THAT(host_.state, IsEmpty());
}

TEST_F(Tiny, HalfACollectionIsNotCounted) {
  host_.setup.collections.begin()->second.fail_after_rows = 2;
  EXPECT_EQ(host_.run_job().status, TQP_E_TRANSIENT);
  EXPECT_THAT(host_.seen.requests, IsEmpty());
}

TEST_F(Tiny, SaysWhatToDoAboutARefusal) {
  const struct {
    int32_t code;
    tqp_status status;
    const char* field;
  } cases[] = {{401, TQP_E_AUTH, "/token"},
               {404, TQP_E_CONFIG, "/summary_url"},
               {503, TQP_E_TRANSIENT, "/summary_url"}};
  for (const auto& c : cases) {
    answer_.status = c.code;
    const Outcome outcome = host_.run_job();
    EXPECT_EQ(outcome.status, c.status);
    EXPECT_EQ(outcome.http_status, c.code);
    EXPECT_EQ(outcome.field, c.field);
    EXPECT_THAT(outcome.message, HasSubstr(std::to_string(c.code)));
    EXPECT_THAT(host_.state, IsEmpty());
  }
}

TEST_F(Tiny, StopsWhenAsked) {
  host_.setup.cancel_at = 2;  // the second batch
  EXPECT_EQ(host_.run_job().status, TQP_CANCELLED);
  EXPECT_THAT(host_.seen.requests, IsEmpty());
}

TEST_F(Tiny, ACrashAnywhereIsMendedByTheNextRun) {
  for (uint64_t point = 1; point <= 4; ++point) {
    host_.restart();
    host_.state.clear();
    host_.setup.crash_at = point;
    EXPECT_FALSE(host_.run_job().ok());
    host_.restart();
    ASSERT_TRUE(host_.run_job().ok());
    EXPECT_EQ(host_.state["last"], R"({"indicators":3})") << point;
  }
}

}  // namespace
