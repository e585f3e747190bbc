// SPDX-License-Identifier: Apache-2.0
// A run whose configuration is a form in ThreatQ is killed with SIGKILL before and after each of
// its effects there: making the record, bringing its form up to date, telling the run, taking a
// private pair. Afterwards there is one record with what a person entered, and the next run is
// good.
#include <gmock/gmock.h>

#include "e2e/site.hpp"

namespace e2e {
namespace {

constexpr int kPointsMost = 60;

class FormCrash : public testing::Test {
 protected:
  FormCrash() {
    site_.drop_noisy();
    site_.config["instances"] = {{{"name", "greeter"},
                                  {"plugin", "noisy"},
                                  {"config_source", "threatq"},
                                  {"record_name", "Greeter"}}};
    site_.write_config();
  }
  Ended run(int crash_at = 0) {
    Variables variables;
    if (crash_at > 0) variables["TQ_CRASH_AT"] = std::to_string(crash_at);
    return site_.tqhost({"run-once", "greeter"}, variables);
  }
  Json records() { return Json::parse(site_.threatq().dump("what=connectors")).at("connectors"); }
  void in_the_ui(const Json& change) {
    Json connector = {{"name", "Greeter"}};
    connector.update(change);
    site_.threatq().change(Json{{"connector", connector}}.dump());
  }
  void forget() {
    for (const char* what : {"greeter", "secrets.json"})
      std::filesystem::remove_all(site_.state() / what);
    std::filesystem::remove(site_.folder() / "tqhost.key");
    if (!records().empty()) in_the_ui({{"delete", true}});
  }
  // Calls `expect_sound` after a crash at each point; the number of points.
  template <typename Prepare, typename ExpectSound>
  int sweep(const Prepare& prepare, const ExpectSound& expect_sound) {
    for (int point = 1; point < kPointsMost; ++point) {
      prepare();
      const Ended crashed = run(point);
      if (crashed.exit_status == 0) return point - 1;
      EXPECT_THAT(crashed.err, testing::HasSubstr("signal 9")) << "at point " << point;
      const Ended next = run();
      EXPECT_EQ(next.exit_status, 0) << "after point " << point << ": " << next.err;
      EXPECT_EQ(records().size(), 1u) << "after point " << point;
      expect_sound("after point " + std::to_string(point));
    }
    return kPointsMost;
  }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "5"};
    return options;
  }()};
};

TEST_F(FormCrash, RegistrationMakesOneRecord) {
  const int points = sweep([this] { forget(); },
                           [this](const std::string& when) {
                             EXPECT_EQ(records().at(0).at("is_active"), false) << when;
                           });
  EXPECT_GE(points, 2);
  EXPECT_LT(points, kPointsMost);
}

TEST_F(FormCrash, ARunKeepsWhatAPersonEntered) {
  const auto prepare = [this] {
    forget();
    ASSERT_EQ(run().exit_status, 0);
    in_the_ui({{"is_active", true}, {"values", {{"greeting", "a person typed this"}}}});
  };
  const int points = sweep(prepare, [this](const std::string& when) {
    const Json record = records().at(0);
    EXPECT_EQ(record.at("custom_fields").at("greeting").at("value"), "a person typed this") << when;
    EXPECT_EQ(record.at("is_active"), true) << when;
    EXPECT_EQ(site_.run_record("greeter").at("state"), "done") << when;
  });
  EXPECT_GE(points, 2);
  EXPECT_LT(points, kPointsMost);
}

TEST_F(FormCrash, AnUpgradeMovesAValueOnceAndKeepsIt) {
  const auto prepare = [this] {
    forget();
    site_.instance()["plugin"] = "noisy";
    site_.write_config();
    ASSERT_EQ(run().exit_status, 0);
    in_the_ui({{"is_active", true}, {"values", {{"greeting", "a person typed this"}}}});
    ASSERT_EQ(run().exit_status, 0);
    site_.instance()["plugin"] = "noisy_renamed";
    site_.write_config();
  };
  const int points = sweep(prepare, [this](const std::string& when) {
    const Json fields = records().at(0).at("custom_fields");
    EXPECT_EQ(fields.at("salutation").at("value"), "a person typed this") << when;
    EXPECT_EQ(fields.count("greeting"), 0u) << when;
  });
  EXPECT_GE(points, 4) << "the form and the report";
  EXPECT_LT(points, kPointsMost);
}

}  // namespace
}  // namespace e2e
