// SPDX-License-Identifier: Apache-2.0
#include "cutting.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <vector>

namespace cb_edr {
namespace {

using Ids = std::vector<uint64_t>;

Ids first_ids(size_t n) {
  Ids ids(n);
  std::iota(ids.begin(), ids.end(), 1);
  return ids;
}

// Reports by the id that closed the one before, with their ids.
std::map<uint64_t, Ids> cut(const Ids& ids, int bits) {
  std::map<uint64_t, Ids> reports;
  uint64_t opening = 0;
  size_t count = 0;
  for (const uint64_t id : ids) {
    reports[opening].push_back(id);
    if (ends_report(id, ++count, bits)) {
      opening = id;
      count = 0;
    }
  }
  return reports;
}

struct Change {
  size_t requests = 0;
  size_t sent = 0;  // indicators
};

Change difference(const std::map<uint64_t, Ids>& before, const std::map<uint64_t, Ids>& after) {
  Change change;
  for (const auto& [opening, ids] : after) {
    const auto old = before.find(opening);
    if (old != before.end() && old->second == ids) continue;
    ++change.requests;
    change.sent += ids.size();
  }
  for (const auto& [opening, ids] : before) change.requests += after.count(opening) == 0 ? 1 : 0;
  return change;
}

constexpr size_t kMany = 200'000;

TEST(Cutting, KeepsToItsBounds) {
  const auto reports = cut(first_ids(kMany), kFirstTargetBits);
  const uint64_t last = reports.rbegin()->first;
  for (const auto& [opening, ids] : reports) {
    EXPECT_LE(ids.size(), kMostIocs);
    EXPECT_GE(ids.size(), opening == last ? 1 : kLeastIocs);
  }
  const double mean = static_cast<double>(kMany) / static_cast<double>(reports.size());
  EXPECT_NEAR(mean, mean_report_size(kFirstTargetBits), 15);
}

TEST(Cutting, AdditionsAtTheEndTouchTheLastReportOnly) {
  Ids ids = first_ids(kMany);
  const auto before = cut(ids, kFirstTargetBits);
  for (uint64_t id = kMany + 1; id <= kMany + 1000; ++id) ids.push_back(id);
  EXPECT_LE(difference(before, cut(ids, kFirstTargetBits)).requests, 8u);
}

TEST(Cutting, RemovalsAtTheBeginningTouchTheFirstReports) {
  const Ids ids = first_ids(kMany);
  const auto before = cut(ids, kFirstTargetBits);
  const auto after = cut(Ids(ids.begin() + 1000, ids.end()), kFirstTargetBits);
  const Change change = difference(before, after);
  EXPECT_LE(change.requests, 10u);
  EXPECT_LE(change.sent, 2500u);
}

TEST(Cutting, RandomRemovalsTouchAboutOneReportEach) {
  Ids ids = first_ids(kMany);
  const auto before = cut(ids, kFirstTargetBits);
  std::mt19937_64 random(1);
  for (int i = 0; i < 20; ++i)
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(random() % ids.size()));
  const Change change = difference(before, cut(ids, kFirstTargetBits));
  EXPECT_LE(change.requests, 60u);
  EXPECT_LE(change.sent, kMany / 8);
}

TEST(Cutting, BoundaryOfALargerTargetIsACandidateOfEverySmallerOne) {
  for (uint64_t id = 1; id < 100'000; ++id)
    if (ends_report(id, 500, 10)) {
      EXPECT_TRUE(ends_report(id, 500, 9)) << id;
      EXPECT_TRUE(ends_report(id, 500, 8)) << id;
    }
}

TEST(ChooseTargetBits, DoublesBeforeTheFeedIsFullAndComesBackLate) {
  EXPECT_EQ(choose_target_bits(1e6, 8), 8);
  EXPECT_EQ(choose_target_bits(2e6, 8), 8);
  const int larger = choose_target_bits(2.5e6, 8);
  EXPECT_GT(larger, 8);
  EXPECT_LT(2.5e6 / mean_report_size(larger), kShareWanted * kReportsMost);
  // Hysteresis: a little less than what made it grow changes nothing.
  EXPECT_EQ(choose_target_bits(2.0e6, larger), larger);
  EXPECT_EQ(choose_target_bits(1e5, larger), 8);
  EXPECT_LE(choose_target_bits(1e12, 8), kMostTargetBits);
}

TEST(Cutting, FunctionIsFixedForEver) {
  // Another mixing function would move every boundary of every feed that is in use.
  Ids boundaries;
  for (uint64_t id = 1; id <= 3000 && boundaries.size() < 5; ++id)
    if (ends_report(id, 500, kFirstTargetBits)) boundaries.push_back(id);
  EXPECT_EQ(boundaries, (Ids{143, 582, 861, 1164, 1462}));
}

}  // namespace
}  // namespace cb_edr
