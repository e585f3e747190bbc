// SPDX-License-Identifier: Apache-2.0
// Many data collections, and names that comma text has to quote.
#include <gmock/gmock.h>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

// Threads and pages follow what is being read, not how much is configured.
TEST(Collections, SixtyAreReadWithinTheBoundOnMemory) {
  SiteOptions options;
  options.threatq = {"--generate", "1500", "--seed", "7"};
  Json names = Json::array();
  for (int i = 0; i < 60; ++i) {
    names.push_back("Collection " + std::to_string(i));
    options.threatq.insert(options.threatq.end(),
                           {"--collection", names.back().get<std::string>()});
  }
  Site site(options);
  site.settings()["data_collections"] = names;
  for (const int memory_mb : {1024, 64}) {
    site.config["limits"]["memory_mb"] = memory_mb;
    site.write_config();
    const Ended run = site.tqhost({"run-once"});
    EXPECT_EQ(run.exit_status, 0) << memory_mb << " MB: " << run.err;
    EXPECT_THAT(site.log(), Not(HasSubstr("cannot start a thread")));
    EXPECT_EQ(site.run_record().at("counts").at("read"), 60 * 1500) << memory_mb << " MB";
  }
}

TEST(Collections, NameWithACommaStandsInQuotes) {
  SiteOptions options;
  options.threatq = {"--generate", "300", "--seed", "7", "--collection", "High risk, Asia=FQDN"};
  Site site(options);
  site.settings()["data_collections"] = "High risk, Asia";
  site.write_config();
  const Ended cut = site.tqhost({"run-once"});
  EXPECT_EQ(cut.exit_status, 1);
  EXPECT_THAT(cut.err,
              HasSubstr("Near to it are \"High risk, Asia\". In comma text a name that has "
                        "a comma stands in double quotes"));
  site.settings()["data_collections"] = R"("High risk, Asia")";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err;
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site, {"FQDN"}));
}

}  // namespace
}  // namespace e2e
