// SPDX-License-Identifier: Apache-2.0
// Random histories: a feed that follows its collections through whatever happens. After each good
// run the feed's content is the collections'; in between nothing is missing that still exists.
#include "history.hpp"

namespace cb_edr {
namespace {

constexpr int kSeedsPerTest = 10;
constexpr int kRunsPerSeed = 7;

TEST_P(History, EndsWithWhatTheCollectionsHold) {
  for (int i = 0; i < kSeedsPerTest; ++i) {
    const int seed = GetParam() * kSeedsPerTest + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    begin(static_cast<uint64_t>(seed));
    for (int step = 0; step < kRunsPerSeed; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      if (one_in(2)) {
        trouble();
        watch();
        static_cast<void>(run());
        ASSERT_FALSE(HasFailure());
        if (one_in(2)) change();
      }
      calm();
      watch();
      const Outcome good = run();
      ASSERT_TRUE(good.ok()) << good;
      ASSERT_FALSE(HasFailure());
      ASSERT_EQ(content(), wanted());
      ASSERT_EQ(cloud_.feeds.size(), 1u);
      change();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, History, testing::Range(0, 8));

}  // namespace
}  // namespace cb_edr
