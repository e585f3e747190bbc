// SPDX-License-Identifier: Apache-2.0
// The worker is killed with SIGKILL right before and right after every effect of an export in turn:
// every request that writes and every commit. After a restart the feed is exactly right, and what
// was repeated was repeated with equal bytes.
#include <gmock/gmock.h>
#include <signal.h>

#include "e2e/site.hpp"

namespace e2e {
namespace {

struct Write {
  std::string line;  // "PUT /path"
  std::string body;  // SHA-256
};

std::vector<Write> writes_of(Site& site) {
  std::vector<Write> out;
  const Json requests = Json::parse(site.cbc().requests());
  for (const Json& request : requests.at("list")) {
    const std::string method = request.at("method").get<std::string>();
    if (method == "GET" || request.at("status").get<int>() >= 400) continue;
    out.push_back({method + " " + request.at("target").get<std::string>(),
                   request.at("sha256").get<std::string>()});
  }
  return out;
}

// What stands in the feed after a run of the same ThreatQ on a fresh state, under another
// instance's feed.
std::multiset<std::string> wanted(Site& site) {
  Json fresh = site.instance();
  fresh["name"] = "reference";
  fresh["config"]["feed_name"] = "Reference";
  const Json kept = site.config;
  site.config["instances"] = Json::array({fresh});
  site.write_config();
  EXPECT_EQ(site.tqhost({"run-once", "reference"}).exit_status, 0);
  site.config = kept;
  site.write_config();
  return values_of(site.feeds().at("Reference"));
}

// Runs with a crash at each point in turn until a run has no more points; answers how many there
// were.
int sweep(Site& site, const std::vector<std::string>& changes) {
  constexpr int kPointsMost = 200;
  for (int point = 1; point < kPointsMost; ++point) {
    for (const std::string& change : changes) site.threatq().change(change);
    site.cbc().reset_requests();
    const Ended crashed =
        site.tqhost({"run-once", "cb-prod"}, {{"TQ_CRASH_AT", std::to_string(point)}});
    if (crashed.exit_status == 0) return point - 1;
    EXPECT_EQ(crashed.exit_status, 1);
    EXPECT_THAT(crashed.err, testing::HasSubstr("signal 9"));
    EXPECT_EQ(site.run_record().at("state"), "died");
    const std::vector<Write> before = writes_of(site);

    site.cbc().reset_requests();
    const Ended good = site.tqhost({"run-once", "cb-prod"});
    EXPECT_EQ(good.exit_status, 0) << "after point " << point << ": " << good.err << site.log();
    int repeated = 0;
    for (const Write& again : writes_of(site))
      for (const Write& first : before)
        if (again.line == first.line) {
          ++repeated;
          EXPECT_EQ(again.body, first.body) << again.line << " after point " << point;
        }
    EXPECT_LE(repeated, 1) << "after point " << point << ": only what no commit had recorded";
    EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), wanted(site)) << "after point " << point;
    if (testing::Test::HasFailure()) return point;
  }
  ADD_FAILURE() << "more crash points than a run of this size can have";
  return kPointsMost;
}

SiteOptions small() {
  SiteOptions options;
  options.threatq = {"--generate", "1600", "--seed", "5", "--collection", "Crimeware"};
  return options;
}

TEST(CrashSweep, FirstRunInOnePiece) {
  int points = 0;
  // A fresh site for each point: only the first run creates the feed.
  for (int point = 1; point < 50; ++point) {
    Site site(small());
    const Ended crashed =
        site.tqhost({"run-once", "cb-prod"}, {{"TQ_CRASH_AT", std::to_string(point)}});
    if (crashed.exit_status == 0) break;
    ++points;
    const Ended good = site.tqhost({"run-once", "cb-prod"});
    ASSERT_EQ(good.exit_status, 0) << "after point " << point << ": " << good.err << site.log();
    ASSERT_EQ(site.feeds().size(), 1u) << "after point " << point << ": a second feed was made";
    ASSERT_EQ(values_of(site.feeds().at("ThreatQ")), wanted(site)) << "after point " << point;
  }
  std::printf("crash points in a first run: %d\n", points);
  EXPECT_GE(points, 8);  // two commits and two requests, before and after each
}

TEST(CrashSweep, ChangesReportByReport) {
  Site site(small());
  ASSERT_EQ(site.tqhost({"run-once", "cb-prod"}).exit_status, 0);
  const int points = sweep(site, {R"({"newest": 60})", R"({"oldest": 30})"});
  std::printf("crash points in a run of changes: %d\n", points);
  EXPECT_GE(points, 4);
}

TEST(CrashSweep, ManyReportsAfterTheWholeWasRefused) {
  Site site(small());
  site.cbc().fault(
      R"({"match": {"method": "POST", "path": "/reports$", "times": 0}, "action": {"status": 413}})");
  ASSERT_EQ(site.tqhost({"run-once", "cb-prod"}).exit_status, 0);
  const int points = sweep(site, {R"({"random": 12})", R"({"newest": 20})"});
  std::printf("crash points in a run of many changes: %d\n", points);
  EXPECT_GE(points, 8);
}

}  // namespace
}  // namespace e2e
