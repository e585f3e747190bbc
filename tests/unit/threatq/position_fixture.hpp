// SPDX-License-Identifier: Apache-2.0
// One Position, and pages to feed it with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "threatq/position.hpp"

namespace tq {

inline constexpr uint32_t kLimit = 100;

// A page of ids `first` to `last`, of which those above `after` are new.
inline PageFacts page(uint64_t first, uint64_t last, std::optional<uint64_t> after,
                      std::optional<uint64_t> total, std::optional<std::string> mark) {
  PageFacts facts;
  facts.rows = last - first + 1;
  facts.first_id = first;
  facts.last_id = last;
  facts.fresh = after && *after >= first ? last - std::min(*after, last) : facts.rows;
  facts.total = total;
  facts.next_mark = std::move(mark);
  return facts;
}

inline PageFacts nothing(std::optional<uint64_t> total, std::optional<std::string> mark) {
  PageFacts facts;
  facts.total = total;
  facts.next_mark = std::move(mark);
  return facts;
}

class PositionTest : public testing::Test {
 protected:
  using Step = Position::Step;

  std::string query() { return position_.query(kLimit); }
  Step step(const PageFacts& facts) {
    auto result = position_.advance(facts, kLimit);
    EXPECT_TRUE(result.ok()) << (result ? "" : result.error().message);
    return result ? *result : Step::kEnd;
  }
  std::string failure(const PageFacts& facts) {
    auto result = position_.advance(facts, kLimit);
    if (result) return "no failure";
    EXPECT_EQ(result.error().status, Status::kTransient);
    return result.error().message;
  }
  Step take(uint64_t first, uint64_t last, std::optional<uint64_t> total,
            std::optional<std::string> mark = {}) {
    return step(page(first, last, position_.last_id(), total, std::move(mark)));
  }

  // The end is proved by the row with this id, the highest there is.
  void expect_end_at(uint64_t id) {
    EXPECT_EQ(query(), "limit=1&sort=-id&offset=0");
    EXPECT_EQ(step(highest(id)), Step::kEnd);
  }
  PageFacts highest(uint64_t id) { return page(id, id, position_.last_id(), {}, {}); }

  Position position_;
};

}  // namespace tq
