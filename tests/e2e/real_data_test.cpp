// SPDX-License-Identifier: Apache-2.0
// Real public indicators, messy as they are, when they are at hand (TQ_REAL_INDICATORS names a
// JSON-lines file).
#include <gtest/gtest.h>

#include <cstdlib>

#include "e2e/site.hpp"

namespace e2e {
namespace {

TEST(RealIndicators, GoThroughAndEachSkippedOneHasAReason) {
  const char* file = std::getenv("TQ_REAL_INDICATORS");
  const std::filesystem::path beside =
      std::filesystem::path(TQ_SOURCE_DIR) / "../shared/data/iocs.jsonl.gz";
  const std::string indicators = file != nullptr ? file : beside.string();
  if (!std::filesystem::exists(indicators)) GTEST_SKIP() << "no real indicators here";
  SiteOptions options;
  options.threatq = {"--indicators", indicators, "--collection", "Crimeware"};
  Site site(options);
  const Ended run = site.tqhost({"run-once"}, {}, 180);
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  const Json record = site.run_record();
  uint64_t skipped = 0;
  for (const auto& [reason, number] : record.at("skipped").items()) {
    EXPECT_FALSE(reason.empty());
    skipped += number.get<uint64_t>();
    std::printf("skipped %6llu: %s\n", static_cast<unsigned long long>(number.get<uint64_t>()),
                reason.c_str());
  }
  const uint64_t read = record.at("counts").at("read").get<uint64_t>();
  const uint64_t sent = record.at("counts").at("sent").get<uint64_t>();
  // Nothing was there before: these share the IOC of another indicator of their report.
  const uint64_t sharing = record.at("counts").value("unchanged", uint64_t{0});
  std::printf("read %llu, sent %llu, sharing an IOC %llu\n", static_cast<unsigned long long>(read),
              static_cast<unsigned long long>(sent), static_cast<unsigned long long>(sharing));
  EXPECT_EQ(read, sent + sharing + skipped);
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")).size(), sent);
}

}  // namespace
}  // namespace e2e
