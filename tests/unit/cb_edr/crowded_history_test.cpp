// SPDX-License-Identifier: Apache-2.0
// Random histories in a feed that is nearly full of other people's reports: the service takes no
// report more than its bound at any time, and still nothing is missing that exists.
#include "history.hpp"

namespace cb_edr {
namespace {

constexpr int kSeedsPerTest = 6;
constexpr int kRunsPerSeed = 6;
// Three collections and ten severities may have a report each on the way.
constexpr size_t kLeastPlaces = 40;

class CrowdedHistory : public History {
 protected:
  void crowd() {
    Cloud::Feed& feed = *cloud_.feed("ThreatQ");
    const size_t places = kLeastPlaces + below(30);
    Cloud::add_reports(feed, cloud_.most_reports - feed.reports.size() - places);
    others_ = 0;
    for (const auto& [id, report] : feed.reports) others_ += is_others(report) ? 1 : 0;
  }
  static bool is_others(const Cloud::Report& report) { return report.collection == "somebody's"; }
  size_t others_standing() {
    size_t n = 0;
    for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) n += is_others(report) ? 1 : 0;
    return n;
  }
  size_t others_ = 0;
};

TEST_P(CrowdedHistory, EndsWithWhatTheCollectionsHold) {
  for (int i = 0; i < kSeedsPerTest; ++i) {
    const int seed = 1000 + GetParam() * kSeedsPerTest + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    begin(static_cast<uint64_t>(seed));
    ASSERT_TRUE(run().ok());
    crowd();
    for (int step = 0; step < kRunsPerSeed; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      change();
      if (one_in(2)) settings_["severity"] = one_in(2) ? Json("from_score") : Json(1 + below(10));
      if (one_in(2)) {
        trouble();
        watch();
        static_cast<void>(run());
        ASSERT_FALSE(HasFailure());
      }
      calm();
      watch();
      const Outcome good = run();
      ASSERT_TRUE(good.ok()) << good;
      ASSERT_FALSE(HasFailure());
      ASSERT_EQ(content(), wanted());
      ASSERT_EQ(others_standing(), others_);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CrowdedHistory, testing::Range(0, 6));

}  // namespace
}  // namespace cb_edr
