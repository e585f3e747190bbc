// SPDX-License-Identifier: Apache-2.0
#include "core/nearest.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;

TEST(Nearest, GivesTheNearestFirst) {
  const std::vector<std::string> names = {"Crimeware", "Crime", "crimewares", "Crimewar", "Other"};
  EXPECT_THAT(nearest_few("Crimeware", names, 3),
              ElementsAre("Crimeware", "crimewares", "Crimewar"));
}

}  // namespace
}  // namespace tq
