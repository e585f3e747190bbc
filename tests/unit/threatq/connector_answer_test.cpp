// SPDX-License-Identifier: Apache-2.0
// Answers that acknowledge nothing: what stands is looked at, and decides.
#include "unit/threatq/connector_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const Headers kHtml = {{"Content-Type", "text/html"}};

// Of a portal, of a gateway, of a server that did not do what was asked.
std::vector<Reply> odd_replies() {
  return {{200, "<html><title>Log in</title></html>", kHtml},
          {200, ""},
          {200, "[]"},
          {200, R"({"success":false})"},
          {200, R"({"error":"x"})"},
          {200, R"({"errors":["x"],"data":{"id":1}})"},
          {200, R"({"data":{}})"},
          {200, R"({"data":{"id":1}})", {{"Content-Type", "text/plain"}}},
          {202, R"({"data":{"id":1}})"},
          {203, R"({"data":{"id":1}})"},
          {204, ""},
          {206, R"({"data":{"id":1}})"}};
}

class ConnectorAnswer : public ConnectorTest {
 protected:
  // Every write is answered so, and done or not.
  void answer_writes(const Reply& reply, bool done) {
    const auto hook = [reply](const Seen& seen) -> std::optional<Reply> {
      if (seen.method == "GET") return std::nullopt;
      return reply;
    };
    records.spoil = done ? nullptr : std::function<std::optional<Reply>(const Seen&)>(hook);
    records.spoil_after = done ? std::function<std::optional<Reply>(const Seen&)>(hook) : nullptr;
  }
  void answer_right() { records.spoil = records.spoil_after = nullptr; }
  static std::string label(const Reply& reply) {
    return std::to_string(reply.status) + " " + reply.body;
  }
};

TEST_F(ConnectorAnswer, ThatAcknowledgesNoNewRecordIsLookedBehind) {
  for (const Reply& reply : odd_replies()) {
    answer_writes(reply, false);
    const auto none = ensure();
    ASSERT_FALSE(none) << label(reply);
    EXPECT_EQ(none.error().status, Status::kTransient);
    EXPECT_THAT(none.error().message, HasSubstr("making the connector record")) << label(reply);
    EXPECT_THAT(none.error().message, HasSubstr("it is not what was written")) << label(reply);
    EXPECT_EQ(records.count(), 0u);
  }
  size_t made = 0;
  for (const Reply& reply : odd_replies()) {
    wanted.name = "record " + std::to_string(++made);
    answer_writes(reply, true);
    const auto id = ensure();
    ASSERT_TRUE(id) << label(reply) << id.error().message;
    EXPECT_EQ(*id, std::to_string(made));
    EXPECT_FALSE(connector->existed());
    EXPECT_EQ(records.count(), made) << "one each";
  }
}

// A search index that is overloaded answers so.
TEST_F(ConnectorAnswer, ThatIsEmptyOnceMakesNoSecondRecord) {
  const std::string id = filled();
  bool passing = true;
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "GET" || !std::exchange(passing, false)) return {};
    return Reply{200, R"({"data":[],"total":0})"};
  };
  EXPECT_EQ(*ensure(), id);
  EXPECT_EQ(records.count(), 1u);
}

TEST_F(ConnectorAnswer, ThatAcknowledgesNoChangeIsLookedBehind) {
  const std::string id = filled();
  wanted.default_status = "Review";
  for (const Reply& reply : odd_replies()) {
    wanted.form.fields[0].label += "!";
    answer_writes(reply, false);
    ASSERT_TRUE(ensure());
    EXPECT_THAT(connector->shortfall(), HasSubstr("it is not what was written")) << label(reply);
    answer_writes(reply, true);
    ASSERT_TRUE(ensure());
    EXPECT_EQ(connector->shortfall(), "") << label(reply);
    EXPECT_EQ(records.record(id)["custom_fields"]["fqdn"]["label"], wanted.form.fields[0].label);
  }
  EXPECT_EQ(value_of(id, "fqdn"), "mine.example.com");
  EXPECT_EQ(records.record(id)["indicator_status_id"], 4);
}

TEST_F(ConnectorAnswer, OfAnotherRecordAcknowledgesNothing) {
  filled();
  wanted.form.fields[0].label = "new";
  answer_writes({200, R"({"data":{"id":99}})"}, false);
  ASSERT_TRUE(ensure());
  EXPECT_THAT(connector->shortfall(), HasSubstr("another record"));
}

TEST_F(ConnectorAnswer, ThatAcknowledgesNoWritingBackIsLookedBehind) {
  const std::string id = filled();
  bool done = false;
  records.spoil_after = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "PUT") return {};
    if (done && records.writes.size() % 2 == 0) return Reply{200, "<html>", kHtml};
    records.record(id)["custom_fields"]["secret_key"].erase("value");
    if (records.writes.size() % 2 == 0) return Reply{200, "<html>", kHtml};
    return {};
  };
  wanted.form.fields[0].label = "new";
  ASSERT_TRUE(ensure());
  EXPECT_THAT(connector->shortfall(), HasSubstr("writing back"));
  EXPECT_THAT(connector->shortfall(), HasSubstr("it is not what was written"));
  records.record(id)["custom_fields"]["secret_key"]["value"] = "typed-secret";
  records.writes.clear();
  done = true;
  wanted.form.fields[0].label = "newer";
  ASSERT_TRUE(ensure());
  EXPECT_EQ(connector->shortfall(), "");
  EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
}

TEST_F(ConnectorAnswer, ThatAcknowledgesNoReportIsLookedBehind) {
  const std::string id = filled();
  LastRun run;
  run.ended_ms = 1'709'251'200'000;
  for (const Reply& reply : odd_replies()) {
    ++run.count;
    answer_writes(reply, false);
    const auto untold = connector->report(id, run);
    ASSERT_FALSE(untold) << label(reply);
    EXPECT_THAT(untold.error().message, HasSubstr("telling the last run")) << label(reply);
    answer_writes(reply, true);
    EXPECT_TRUE(connector->report(id, run)) << label(reply);
  }
}

TEST_F(ConnectorAnswer, ThatShowsTheTimeInAnotherWayIsTheSameTime) {
  const std::string id = filled();
  LastRun run;
  run.ended_ms = 1'709'251'200'700;
  run.count = 7;
  const char* shown = "2024-03-01T00:00:00.000Z";
  records.spoil_after = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "PUT") return {};
    records.record(id)["last_import_at"] = shown;
    return Reply{202, ""};
  };
  EXPECT_TRUE(connector->report(id, run));
  for (const char* other : {"2024-03-01T00:00:01Z", "2024-02-29 00:00:00", "", "today"}) {
    shown = other;
    EXPECT_FALSE(connector->report(id, run)) << other;
  }
}

TEST_F(ConnectorAnswer, OfAPortalIsNamedWithItsHostAndContentType) {
  const std::string id = filled();
  records.spoil = [](const Seen&) { return Reply{200, "<html>Log in</html>", kHtml}; };
  const std::string text = connector->report(id, {}).error().message;
  EXPECT_THAT(text, HasSubstr("ThreatQ at https://tq.example: telling the last run"));
  EXPECT_THAT(text, HasSubstr("a web page (text/html)"));
  EXPECT_THAT(text, HasSubstr("A proxy or a network that wants a log-in"));
}

TEST_F(ConnectorAnswer, OnlyADocumentedOneGivesAnOauthPair) {
  for (const int status : {202, 203, 206}) {
    records.spoil = [status](const Seen&) {
      return Reply{status, R"({"data":{"client_id":"c1","client_secret":"very-private"}})"};
    };
    const auto pair = connector->credentials("7");
    ASSERT_FALSE(pair) << status;
    EXPECT_THAT(pair.error().message, HasSubstr("HTTP " + std::to_string(status)));
  }
}

}  // namespace
}  // namespace tq
