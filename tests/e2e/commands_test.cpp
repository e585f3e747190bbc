// SPDX-License-Identifier: Apache-2.0
// Every command and exit status, as an operator sees them.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

// One site for the commands that only look.
class Looking : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    SiteOptions options;
    options.threatq = {"--generate", "200", "--collection", "Crimeware"};
    site_ = new Site(options);
  }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }
  static Site* site_;
};
Site* Looking::site_ = nullptr;

TEST_F(Looking, HelpShowsAnExampleForEveryCommand) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"list"},
                                                          {"config"},
                                                          {"state"},
                                                          {"describe"},
                                                          {"schema"},
                                                          {"config", "show"},
                                                          {"check"},
                                                          {"run-once"},
                                                          {"verify"},
                                                          {"plugin"},
                                                          {"plugin", "history"},
                                                          {"plugin", "use"},
                                                          {"state", "ls"},
                                                          {"state", "get"},
                                                          {"state", "export"},
                                                          {"state", "import"},
                                                          {"state", "backup"},
                                                          {"state", "reset"}};
  for (std::vector<std::string> command : commands) {
    command.push_back("--help");
    const Ended help = site_->tqhost(command);
    EXPECT_EQ(help.exit_status, 0) << help.err;
    EXPECT_THAT(help.out, HasSubstr("example: tqhost")) << command.front();
  }
}

TEST_F(Looking, VersionNamesTheAbi) {
  EXPECT_THAT(site_->tqhost({"--version"}).out, HasSubstr("plugin ABI 1.0"));
}

TEST_F(Looking, WrongUsageIsExit2) {
  EXPECT_EQ(site_->tqhost({"run-twice"}).exit_status, 2);
  EXPECT_EQ(site_->tqhost({}).exit_status, 2);
  EXPECT_EQ(site_->tqhost({"run-once", "--nonsense"}).exit_status, 2);
  EXPECT_EQ(site_->tqhost({"run-once", "--historical", "yesterday"}).exit_status, 2);
  EXPECT_EQ(site_->tqhost({"describe", "nothing"}).exit_status, 2);
  const Ended unknown = site_->tqhost({"run-once", "cb-prd"});
  EXPECT_EQ(unknown.exit_status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"cb-prod\"?"));
}

TEST_F(Looking, ListShowsPluginsRefusalsAndInstances) {
  std::ofstream(site_->plugins() / "notes.so") << "not an ELF file at all";
  const Ended list = site_->tqhost({"list"});
  EXPECT_EQ(list.exit_status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("cb_edr"));
  EXPECT_THAT(list.out, HasSubstr("cb-prod"));
  EXPECT_THAT(list.out, HasSubstr("notes.so"));
  const Json json = Json::parse(site_->tqhost({"list", "--json"}).out);
  EXPECT_EQ(json.at("plugins").at(0).at("id"), "cb_edr");
  EXPECT_THAT(json.at("refused").at(0).at("reason").get<std::string>(),
              HasSubstr("not an ELF file"));
  EXPECT_EQ(json.at("instances").at(0).at("plugin_found"), true);
  std::filesystem::remove(site_->plugins() / "notes.so");
}

TEST_F(Looking, DescribeShowsGrantsAndSettings) {
  const Ended text = site_->tqhost({"describe", "cb_edr"});
  EXPECT_EQ(text.exit_status, 0);
  for (const char* part :
       {"tqp.threatq/1", "/api_fqdn", "Enterprise EDR API FQDN", "secret", "cb-edr"})
    EXPECT_THAT(text.out, HasSubstr(part));
  const Json json = Json::parse(site_->tqhost({"describe", "cb_edr", "--json"}).out);
  EXPECT_EQ(json.at("manifest").at("grants").at("connect").at(0), "/api_fqdn");
}

TEST_F(Looking, SchemaIsTheOneInThePlugin) {
  const Ended schema = site_->tqhost({"schema", "cb_edr", "--format", "json-schema"});
  EXPECT_EQ(schema.exit_status, 0);
  EXPECT_EQ(Json::parse(schema.out).at("properties").at("api_fqdn").at("default"),
            "defense.conferdeploy.net");
  EXPECT_EQ(site_->tqhost({"schema", "cb_edr", "--format", "xml"}).exit_status, 2);
}

TEST_F(Looking, ConfigShowIsMaskedAndNamesOrigins) {
  const Ended text = site_->tqhost({"config", "show"}, {{"TQHOST_LIMITS_RUN_MINUTES", "7"}});
  EXPECT_EQ(text.exit_status, 0) << text.err;
  EXPECT_THAT(text.out, Not(HasSubstr(kPassword)));
  EXPECT_THAT(text.out, Not(HasSubstr(kApiSecret)));
  EXPECT_THAT(text.out, HasSubstr("***"));
  EXPECT_THAT(text.out, HasSubstr("environment"));
  EXPECT_THAT(text.out, HasSubstr("default"));
  const Ended json = site_->tqhost({"config", "show", "cb-prod", "--json"});
  EXPECT_TRUE(Json::accept(json.out)) << json.out;
}

TEST_F(Looking, CheckTestsBothConnectionsAndWritesNothing) {
  site_->cbc().reset_requests();
  const Ended check = site_->tqhost({"check"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.out + check.err, HasSubstr("org.feeds READ is proven"));
  EXPECT_TRUE(site_->writes().empty());
  EXPECT_TRUE(site_->feeds().empty());
}

TEST(Configuration, ProblemsAreToldAllAtOnceBeforeAnyRequest) {
  Site site;
  site.settings().erase("org_key");
  site.settings()["severity"] = 11;
  site.settings()["data_colections"] = {"Crimeware"};
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("org_key"));
  EXPECT_THAT(run.err, HasSubstr("severity"));
  EXPECT_THAT(run.err, HasSubstr("data_collections")) << "the nearest known key";
  EXPECT_EQ(Json::parse(site.cbc().requests()).at("list").size(), 0u);
  EXPECT_EQ(Json::parse(site.threatq().requests()).at("list").size(), 0u);
}

TEST(Configuration, UnknownHostKeyNamesLineAndNeighbour) {
  Site site;
  site.config["log"] = {{"max_size", 3}};
  site.write_config();
  const Ended run = site.tqhost({"list"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("tqhost.json:"));
  EXPECT_THAT(run.err, HasSubstr("/log/max_size"));
  EXPECT_THAT(run.err, HasSubstr("max_size_mb"));
}

TEST(Configuration, SecretsNeedAPrivateFile) {
  Site site;
  ::chmod((site.folder() / "tqhost.json").c_str(), 0644);
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("chmod"));
}

TEST(Disabled, InstanceIsLeftOutAndRefusedUnderStrict) {
  Site site;
  site.instance()["enabled"] = false;
  site.write_config();
  const Ended quiet = site.tqhost({"run-once", "cb-prod"});
  EXPECT_EQ(quiet.exit_status, 0) << quiet.err;
  EXPECT_THAT(quiet.out + quiet.err, HasSubstr("disabled"));
  EXPECT_EQ(site.tqhost({"run-once", "cb-prod", "--strict"}).exit_status, 4);
  const Ended all = site.tqhost({"run-once"});
  EXPECT_EQ(all.exit_status, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("every configured instance is disabled"));
  EXPECT_EQ(site.tqhost({"run-once", "--strict"}).exit_status, 4);
  EXPECT_TRUE(site.feeds().empty());
}

TEST(Unsupported, HistoricalIsRefusedByAPluginThatHasNoUseForIt) {
  Site site;
  const Ended run = site.tqhost({"run-once", "--historical", "2026-01-01"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("--historical has no meaning"));
  EXPECT_EQ(Json::parse(site.cbc().requests()).at("list").size(), 0u);
}

TEST(DeadLetters, AreExit3) {
  Site site;
  // The service refuses the whole, then one of the reports; the others go on.
  site.cbc().fault(
      R"({"match": {"method": "POST", "path": "/reports$"}, "action": {"status": 413}})");
  site.cbc().fault(
      R"({"match": {"method": "PUT", "path": "/reports/", "nth": 2}, "action": {"status": 400}})");
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 3) << run.err;
  EXPECT_EQ(site.run_record().at("counts").at("rejected"), 1);
  const Ended next = site.tqhost({"run-once"});
  EXPECT_EQ(next.exit_status, 0) << "offered again, and taken";
}

TEST(DeadLetters, AreOfferedAgainOnRequestAndGoWhenTheyAreTaken) {
  Site site;
  site.cbc().fault(
      R"({"match": {"method": "POST", "path": "/reports$"}, "action": {"status": 413}})");
  site.cbc().fault(
      R"({"match": {"method": "PUT", "path": "/reports/", "nth": 2}, "action": {"status": 400}})");
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 3);
  EXPECT_THAT(site.tqhost({"deadletter", "ls", "cb-prod"}).out, HasSubstr("1x        report "));
  ASSERT_EQ(site.tqhost({"deadletter", "retry", "cb-prod", "--all"}).exit_status, 0);
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  EXPECT_EQ(site.tqhost({"deadletter", "ls", "cb-prod"}).out, "cb-prod has no dead letters\n");
}

TEST(State, IsListedExportedImportedBackedUpAndReset) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  EXPECT_THAT(site.tqhost({"state", "ls", "cb-prod"}).out, HasSubstr("feed/id"));
  EXPECT_EQ(site.tqhost({"state", "get", "cb-prod", "feed/id"}).exit_status, 0);
  EXPECT_EQ(site.tqhost({"state", "get", "cb-prod", "nothing"}).exit_status, 2);
  EXPECT_EQ(
      site.tqhost({"state", "backup", "cb-prod", (site.folder() / "copy.db").string()}).exit_status,
      0);
  EXPECT_GT(std::filesystem::file_size(site.folder() / "copy.db"), 0u);

  const Ended exported = site.tqhost({"state", "export", "cb-prod"});
  ASSERT_EQ(exported.exit_status, 0);
  std::ofstream(site.folder() / "state.jsonl") << exported.out;
  EXPECT_EQ(site.tqhost({"state", "reset", "cb-prod"}).exit_status, 2) << "needs --yes";
  EXPECT_EQ(site.tqhost({"state", "reset", "cb-prod", "--yes"}).exit_status, 0);
  EXPECT_EQ(site.tqhost({"state", "export", "cb-prod"}).out, "");
  EXPECT_EQ(site.tqhost({"state", "import", "cb-prod", (site.folder() / "state.jsonl").string()})
                .exit_status,
            0);
  EXPECT_EQ(site.tqhost({"state", "export", "cb-prod"}).out, exported.out);

  site.cbc().reset_requests();
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  EXPECT_TRUE(site.writes().empty()) << "the imported state is as good as the old one";
}

TEST(Plugin, RefusedFileIsNamedWhenAnInstanceNeedsIt) {
  Site site;
  std::ofstream(site.plugins() / "cb_edr.so") << "overwritten";
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("was refused"));
}

}  // namespace
}  // namespace e2e
