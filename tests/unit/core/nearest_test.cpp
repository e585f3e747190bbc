// SPDX-License-Identifier: Apache-2.0
#include "core/nearest.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> keys = {"data_collections", "report_tags", "org_key"};
  EXPECT_EQ(nearest("data_colections", keys), "data_collections");
  EXPECT_EQ(nearest("ORG_KEY", keys), "org_key");
  EXPECT_EQ(nearest("colour", keys), "");
}

TEST(Nearest, GivesTheNearestFirst) {
  const std::vector<std::string> names = {"Crimeware", "Crime", "crimewares", "Crimewar", "Other"};
  EXPECT_THAT(nearest_few("Crimeware", names, 3),
              ElementsAre("Crimeware", "crimewares", "Crimewar"));
}

}  // namespace
}  // namespace tq
