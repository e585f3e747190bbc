// SPDX-License-Identifier: Apache-2.0
// One operator's way, as the guides tell it, over TLS and with a proxy between: first run, the form
// in ThreatQ's UI, runs, the switch, a second name, an upgrade that renames a setting.
#include "e2e/configure_site.hpp"
#include "e2e/drop_in_site.hpp"

namespace e2e {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kCloud = "cloud.tqlab.example:443";

class Story : public testing::Test {
 protected:
  Story() {
    proxy_.emplace(
        std::vector<std::string>{"proxy", "--user", "px", "--password", "proxy-pass-7c1d", "--map",
                                 std::string(kCloud) + "=" + place_.site.cbc().host_and_port()});
    place_.site.threatq().change(
        Json{{"proxy", "http://px:proxy-pass-7c1d@" + proxy_->host_and_port()}}.dump());
  }

  Variables variables() {
    return {{"TQHOST_PLUGINS_DIR", place_.site.plugins().string()},
            {"TQHOST_THREATQ_CA_FILE", place_.site.threatq().ca_file()},
            {"TQHOST_CA_FILE", place_.site.cbc().ca_file()}};
  }
  std::vector<std::string> line(const std::string& program, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"-c", place_.etc().string(), "-ll", place_.log().string(), "-v3"});
    return place_.command(program, more);
  }
  void first_run(const std::vector<std::string>& command) {
    Pty terminal(command, variables());
    terminal.answer("ThreatQ Host: ", place_.site.threatq().host_and_port());
    terminal.answer("ThreatQ Client ID: ", kClientId);
    terminal.answer("ThreatQ Username: ", kUser);
    terminal.answer("ThreatQ Password: ", kPassword);
    terminal.answer("Status: ", "review");
    ASSERT_EQ(terminal.wait().exit_status, 0) << terminal.shown();
    EXPECT_THAT(terminal.shown(), HasSubstr(kConfigured));
  }
  Ended run(const std::string& program, const std::vector<std::string>& more = {}) {
    return run_program(line(program, more), variables(), 120);
  }
  void in_the_ui(const std::string& record, const Json& values, bool on) {
    place_.site.threatq().change(
        Json{{"connector", {{"name", record}, {"is_active", on}, {"values", values}}}}.dump());
  }
  Json values(const std::string& feed) const {
    return {{"api_fqdn", "cloud.tqlab.example"},
            {"api_secret_key", kApiSecret},
            {"api_id", "APIID00001"},
            {"org_key", "ABCD1234"},
            {"data_collections", "Crimeware"},
            {"feed_name", feed},
            {"requests_per_minute", "100000"}};
  }
  Json records() {
    return Json::parse(place_.site.threatq().dump("what=connectors")).at("connectors");
  }
  std::set<std::string> through_the_proxy() {
    std::set<std::string> out;
    const Json requests = Json::parse(proxy_->requests()).at("list");
    for (const Json& request : requests) out.insert(request.at("target").get<std::string>());
    return out;
  }

  DropInSite place_;
  std::optional<lab::LabProcess> proxy_;
};

TEST_F(Story, FromTheFirstRunToTwoInstances) {
  const std::string old_name = "tq-conn-cb-threat-hunter", new_name = "tq-conn-cb-enterprise-edr";
  first_run(line(old_name));
  ASSERT_EQ(records().size(), 1u);
  EXPECT_THAT(through_the_proxy(), IsEmpty()) << "nobody but ThreatQ was asked";

  // Not switched on yet; then filled in and switched on.
  EXPECT_EQ(run(new_name, {"-ep"}).exit_status, 0);
  EXPECT_THAT(place_.site.feeds(), IsEmpty());
  in_the_ui(kRecord, values("ThreatQ"), true);
  const Ended first = run(new_name, {"-ep"});
  ASSERT_EQ(first.exit_status, 0) << first.err << read_text(place_.log() / "cb-edr.log");
  EXPECT_EQ(first.out, "") << "cron would mail it";
  EXPECT_EQ(place_.site.feeds().size(), 1u);
  EXPECT_THAT(through_the_proxy(), ElementsAre(kCloud)) << "Carbon Black, and not ThreatQ";

  // A person edits; the other name sees it.
  in_the_ui(kRecord, {{"report_tags", "edited, by hand"}}, true);
  ASSERT_EQ(run(old_name, {"-ep"}).exit_status, 0);
  EXPECT_THAT(place_.site.feeds().at("ThreatQ").begin()->second.at("tags"),
              ElementsAre("edited", "by hand"));

  // Switched off: nothing is done, whatever changes.
  place_.site.threatq().change(R"({"newest": 50})");
  in_the_ui(kRecord, Json::object(), false);
  const auto before = place_.site.feeds();
  ASSERT_EQ(run(old_name, {"-ep"}).exit_status, 0);
  EXPECT_EQ(place_.site.feeds(), before);
  EXPECT_THAT(read_text(place_.log() / "cb-edr.log"),
              HasSubstr("cb-edr is disabled in ThreatQ; nothing was done"));

  // A second one of the kind: its own record, file, state, log and feed.
  first_run(line(old_name, {"-n", "second"}));
  EXPECT_EQ(records().size(), 2u);
  in_the_ui("second", values("Second"), true);
  ASSERT_EQ(run(new_name, {"-ep", "-n", "second"}).exit_status, 0);
  const auto after = place_.site.feeds();
  EXPECT_EQ(after.at("ThreatQ"), before.at("ThreatQ"));
  EXPECT_EQ(after.count("Second"), 1u);
  for (const char* name : {"cb-edr", "second"}) {
    EXPECT_TRUE(std::filesystem::exists(place_.etc() / (std::string(name) + ".json"))) << name;
    EXPECT_TRUE(std::filesystem::exists(place_.etc() / (std::string(name) + ".state"))) << name;
    EXPECT_TRUE(std::filesystem::exists(place_.log() / (std::string(name) + ".log"))) << name;
  }
}

TEST_F(Story, AnUpgradeThatRenamesASettingKeepsWhatAPersonEntered) {
  Site& site = place_.site;
  site.drop_noisy();
  site.config["instances"] = {{{"name", "greeter"},
                               {"plugin", "noisy"},
                               {"config_source", "threatq"},
                               {"record_name", "Greeter"}}};
  site.write_config();
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  in_the_ui("Greeter", {{"greeting", "a person typed this"}}, true);
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);

  // The next version calls it salutation.
  site.instance()["plugin"] = "noisy_renamed";
  site.write_config();
  const Ended upgraded = site.tqhost({"run-once"});
  ASSERT_EQ(upgraded.exit_status, 0) << upgraded.err;
  EXPECT_THAT(site.log("greeter"), HasSubstr("a person typed this on standard output"));
  const Json fields = records().at(0).at("custom_fields");
  EXPECT_EQ(fields.at("salutation").at("value"), "a person typed this");
  EXPECT_EQ(fields.count("greeting"), 0u);
  EXPECT_EQ(records().size(), 1u);
  EXPECT_EQ(records().at(0).at("is_active"), true) << "the switch is the person's";
}

}  // namespace
}  // namespace e2e
