// SPDX-License-Identifier: Apache-2.0
// The command lines of the connectors' guides, run by the connectors' names.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "e2e/drop_in_site.hpp"
#include "e2e/golden.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr const char* kOld = "tq-conn-cb-threat-hunter";
constexpr const char* kNew = "tq-conn-cb-enterprise-edr";

// The line of the guide, word for word.
constexpr const char* kCronLine =
    "0 */2 * * * /opt/tqvenv/<environment_name>/bin/tq-conn-cb-threat-hunter -c /etc/tq_labs/ "
    "-ll /var/log/tq_labs/ -v3";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder))
    out.push_back(entry.path().filename().string());
  return out;
}

class DropIn : public testing::Test {
 protected:
  // The command of the cron line, with this site's folders in the place of the guide's.
  std::string cron_command() const {
    std::string line = replaced(kCronLine, "0 */2 * * * ", "");
    line = replaced(line, "/opt/tqvenv/<environment_name>/bin/", site_.bin().string() + "/");
    line = replaced(line, "/etc/tq_labs/", site_.etc().string() + "/");
    return replaced(line, "/var/log/tq_labs/", site_.log().string() + "/");
  }
  std::vector<std::string> usual(const std::string& verbosity = "-v3") const {
    return {"-c", site_.etc().string() + "/", "-ll", site_.log().string() + "/", verbosity};
  }
  std::map<std::string, int> writes_of(const std::string& name,
                                       const std::vector<std::string>& arguments) {
    site_.site.cbc().reset_requests();
    const Ended run = site_.run(name, arguments);
    EXPECT_EQ(run.exit_status, 0) << run.out << run.err;
    return site_.site.writes();
  }

  DropInSite site_;
};

TEST_F(DropIn, TheGuidesCronLineRunsUnchanged) {
  const std::string file = site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  const Ended run = site_.run_line(cron_command(), "/");
  EXPECT_EQ(run.exit_status, 0) << run.err;
  EXPECT_EQ(run.out + run.err, "") << "cron mails what is printed";
  EXPECT_EQ(site_.site.feeds().count("ThreatQ"), 1u);
  const std::string log = read_text(site_.log() / "cb-edr.log");
  EXPECT_THAT(log, HasSubstr(" DEBUG cb-edr "));
  EXPECT_THAT(log, Not(HasSubstr(kPassword)));
  EXPECT_THAT(log, Not(HasSubstr(kApiSecret)));
  EXPECT_EQ(read_text(site_.etc() / "cb-edr.json"), file) << "a run does not write it anew";
  EXPECT_TRUE(fs::exists(site_.etc() / "cb-edr.state" / "cb-edr" / "run.json"));
  EXPECT_THAT(names_in(site_.etc()), UnorderedElementsAre("cb-edr.json", "cb-edr.state"));
  EXPECT_THAT(names_in(site_.log()), UnorderedElementsAre("cb-edr.log"));
}

TEST_F(DropIn, BothNamesAreOneInstance) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  EXPECT_FALSE(writes_of(kOld, usual()).empty());
  EXPECT_THAT(writes_of(kNew, usual()), IsEmpty()) << "nothing changed since";
  EXPECT_EQ(site_.site.feeds().size(), 1u);
  EXPECT_THAT(names_in(site_.etc()), UnorderedElementsAre("cb-edr.json", "cb-edr.state"));
}

TEST_F(DropIn, ASecondStartWhileOneRunsSaysSo) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  site_.site.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/indicators/query"}, "action": {"delay_ms": 4000}})");
  Running first(site_.command(kOld, usual()), kNoVariables);
  const fs::path record = site_.etc() / "cb-edr.state" / "cb-edr" / "run.json";
  for (int i = 0; i < 200 && !fs::exists(record); ++i) ::usleep(50'000);
  const Ended second = site_.run_line(cron_command(), "/");
  EXPECT_EQ(second.exit_status, 0) << second.err;
  EXPECT_THAT(read_text(site_.log() / "cb-edr.log"), HasSubstr("cb-edr is running already"));
  EXPECT_EQ(first.wait().exit_status, 0);
}

TEST_F(DropIn, ASignalEndsARunWithZeroAsTheOriginalDid) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  site_.site.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/indicators/query"}, "action": {"delay_ms": 60000}})");
  Running run(site_.command(kOld, usual()), kNoVariables);
  const fs::path record = site_.etc() / "cb-edr.state" / "cb-edr" / "run.json";
  for (int i = 0; i < 600 && !fs::exists(record); ++i) ::usleep(50'000);
  run.send_signal(SIGTERM);
  const Ended ended = run.wait(30);
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(ended.signal, 0);
}

TEST_F(DropIn, TheBareOldNameTakesTheCurrentDirectoryAndTheConsole) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  const Ended run = site_.run_line((site_.bin() / kOld).string(), site_.etc());
  EXPECT_EQ(run.exit_status, 0) << run.err;
  // Warnings only: the one thing that somebody has to do, once.
  EXPECT_EQ(std::count(run.out.begin(), run.out.end(), '\n'), 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr(" WARNING cb-edr plugin Feed \"ThreatQ\" is in place"));
  EXPECT_EQ(run.err, "");
  const Ended again = site_.run_line((site_.bin() / kOld).string(), site_.etc());
  EXPECT_EQ(again.out + again.err, "");
  EXPECT_EQ(site_.site.feeds().size(), 1u);
  EXPECT_THAT(names_in(site_.log()), IsEmpty());
}

TEST_F(DropIn, TheLogGoesToTheConsoleAFolderOrAFile) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  const std::string etc = site_.etc().string();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"-c", etc, "-v2"}, {"-c", etc, "-v2", "-ll", "stdout"}}) {
    const Ended console = site_.run(kOld, arguments);
    EXPECT_EQ(console.exit_status, 0) << console.err;
    EXPECT_THAT(console.out, HasSubstr(" INFO cb-edr "));
    EXPECT_THAT(console.out, Not(HasSubstr(" DEBUG ")));
    EXPECT_EQ(console.err, "");
  }
  const std::string file = (site_.log() / "mine.log").string();
  const Ended to_file = site_.run(kOld, {"-c", etc, "-v2", "-ll", file});
  EXPECT_EQ(to_file.exit_status, 0) << to_file.err;
  EXPECT_EQ(to_file.out + to_file.err, "");
  EXPECT_THAT(read_text(file), HasSubstr(" INFO cb-edr "));
  EXPECT_THAT(names_in(site_.log()), UnorderedElementsAre("mine.log"));
}

TEST_F(DropIn, AConfigurationFileIsTakenByItsName) {
  const fs::path file = site_.etc() / "mine.json";
  site_.configure(file, "cb-mine");
  EXPECT_FALSE(writes_of(kOld, {"-c", file.string(), "-ll", site_.log().string()}).empty());
  EXPECT_TRUE(fs::exists(site_.etc() / "mine.state" / "cb-mine" / "state.db"));
  EXPECT_TRUE(fs::exists(site_.log() / "cb-mine.log"));
  const Ended other = site_.run(kOld, {"-c", file.string(), "-n", "cb-other"});
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.err, HasSubstr("configures the instance cb-mine"));
}

TEST_F(DropIn, AStateFolderThatTheFileNamesIsTheOne) {
  Json host = Json::parse(site_.configure(site_.etc() / "cb-edr.json", "cb-edr"));
  host["state_dir"] = "elsewhere";
  std::ofstream(site_.etc() / "cb-edr.json") << host.dump(2);
  EXPECT_FALSE(writes_of(kOld, usual()).empty());
  EXPECT_TRUE(fs::exists(site_.etc() / "elsewhere" / "cb-edr" / "state.db"));
  EXPECT_FALSE(fs::exists(site_.etc() / "cb-edr.state"));
}

TEST_F(DropIn, ALinkToNowhereIsNotTakenForAFirstRun) {
  fs::create_symlink(site_.etc() / "gone.json", site_.etc() / "cb-edr.json");
  const Ended run = site_.run(kOld, usual());
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("cb-edr.json is a link to a file that is not there"));
}

TEST_F(DropIn, TwoNamesAreTwoInstances) {
  site_.configure(site_.etc() / "cb-eu.json", "cb-eu", "Europe");
  site_.configure(site_.etc() / "cb-us.json", "cb-us", "America");
  for (const char* name : {"cb-eu", "cb-us"}) {
    std::vector<std::string> arguments = usual();
    arguments.insert(arguments.end(), {"-n", name});
    EXPECT_FALSE(writes_of(kNew, arguments).empty());
    EXPECT_THAT(writes_of(kOld, arguments), IsEmpty());
  }
  EXPECT_EQ(site_.site.feeds().size(), 2u);
  EXPECT_THAT(site_.run(kOld, usual()).err,
              HasSubstr("-n and one of the names that are there (cb-eu, cb-us)"));
  EXPECT_THAT(names_in(site_.etc()),
              UnorderedElementsAre("cb-eu.json", "cb-eu.state", "cb-us.json", "cb-us.state"));
  EXPECT_THAT(names_in(site_.log()), UnorderedElementsAre("cb-eu.log", "cb-us.log"));
}

TEST_F(DropIn, ANameThatOnlyThreatqCanHoldIsTheRecords) {
  site_.site.instance()["record_name"] = "CB Prod";
  site_.configure(site_.etc() / "cb-prod.json", "cb-prod");
  EXPECT_FALSE(writes_of(kNew, {"-c", site_.etc().string(), "-n", "CB Prod"}).empty());
  EXPECT_THAT(writes_of(kNew, {"-c", site_.etc().string(), "-n", "cb-prod"}), IsEmpty());
  const Ended other = site_.run(kNew, {"-c", site_.etc().string(), "-n", "CB (Prod)"});
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.err, HasSubstr("is the instance cb-prod, but the record of that one"));
}

TEST_F(DropIn, AfterARunThatRecordsNothingTheNextOneSendsTheSame) {
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  EXPECT_FALSE(writes_of(kNew, usual()).empty());
  site_.site.threatq().change(R"({"newest": 30})");
  std::vector<std::string> arguments = usual();
  arguments.emplace_back("-d");
  site_.site.cbc().reset_requests();
  const Ended test = site_.run(kNew, arguments);
  EXPECT_EQ(test.exit_status, 0) << test.err;
  EXPECT_THAT(test.err, HasSubstr("records nothing"));
  EXPECT_FALSE(site_.site.writes().empty());
  EXPECT_FALSE(writes_of(kNew, usual()).empty()) << "as if it had not been";
  EXPECT_THAT(writes_of(kNew, usual()), IsEmpty());
}

TEST_F(DropIn, WithoutConfigurationAndTerminalNothingIsAskedOrMade) {
  const std::string foreign = "[default]\nhost = tq.example.com\n";
  for (const char* name : {"a.conf", "b.ini", "c.cfg", "d.json"})
    std::ofstream(site_.etc() / name) << foreign;
  const Masks masks = {{site_.site.folder().string(), "FOLDER"}};
  const Ended cron = site_.run(kOld, usual());
  EXPECT_EQ(cron.exit_status, 2);
  expect_golden("messages/drop_in_not_configured.txt", masked(cron.out + cron.err, masks));
  fs::create_directory(site_.site.folder() / "empty");
  const Ended bare = site_.run_line((site_.bin() / kOld).string(), site_.site.folder() / "empty");
  EXPECT_EQ(bare.exit_status, 2);
  expect_golden("messages/drop_in_empty_folder.txt", masked(bare.out + bare.err, masks));
  EXPECT_THAT(names_in(site_.etc()), UnorderedElementsAre("a.conf", "b.ini", "c.cfg", "d.json"));
  EXPECT_EQ(read_text(site_.etc() / "a.conf"), foreign);
  EXPECT_THAT(names_in(site_.site.folder() / "empty"), IsEmpty());
  EXPECT_THAT(names_in(site_.log()), IsEmpty());
}

TEST_F(DropIn, MissingFoldersAreToldWithTheLineThatMakesThem) {
  const std::string gone = (site_.site.folder() / "gone").string();
  const Ended config = site_.run(kOld, {"-c", gone + "/", "-ll", site_.log().string()});
  EXPECT_EQ(config.exit_status, 2);
  EXPECT_THAT(config.err, HasSubstr("mkdir -p " + gone));
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  const Ended log = site_.run(kOld, {"-c", site_.etc().string(), "-ll", gone + "/"});
  EXPECT_EQ(log.exit_status, 2);
  EXPECT_THAT(log.err, HasSubstr("mkdir -p " + gone));
  EXPECT_FALSE(fs::exists(gone));
}

TEST_F(DropIn, PlacesThatTheUserMayNotUseNamePathAndUser) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  site_.configure(site_.etc() / "cb-edr.json", "cb-edr");
  ::chmod(site_.log().c_str(), 0);
  const Ended log = site_.run(kOld, usual());
  ::chmod(site_.log().c_str(), 0700);
  EXPECT_EQ(log.exit_status, 2);
  EXPECT_THAT(log.err, HasSubstr("cannot write " + site_.log().string()));
  ::chmod(site_.etc().c_str(), 0);
  const Ended config = site_.run(kOld, usual());
  ::chmod(site_.etc().c_str(), 0700);
  EXPECT_EQ(config.exit_status, 2);
  EXPECT_THAT(config.err, HasSubstr("-c: user "));
}

TEST_F(DropIn, AFileOfAnotherProgramIsNamedAndLeftAsItIs) {
  const std::string foreign = "[default]\nhost = tq.example.com\n";
  std::ofstream(site_.etc() / "cb-edr.json") << foreign;
  const Ended run = site_.run(kOld, usual());
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr((site_.etc() / "cb-edr.json").string() +
                                 " is no configuration of tqhost and was not changed"));
  EXPECT_EQ(read_text(site_.etc() / "cb-edr.json"), foreign);
  EXPECT_THAT(names_in(site_.etc()), UnorderedElementsAre("cb-edr.json"));
}

TEST_F(DropIn, WrongUseIsExit2WithTheUsageLine) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"-v", "4"}, {"-c"}, {"--nonsense"}, {"worker"}, {"-hist", "2024-05-01"}}) {
    const Ended run = site_.run(kOld, wrong);
    EXPECT_EQ(run.exit_status, 2);
    EXPECT_THAT(run.err, testing::StartsWith("usage: tq-conn-cb-threat-hunter [-h] [-ll "));
    EXPECT_EQ(run.out, "");
  }
  EXPECT_THAT(site_.run(kOld, {"-v", "4"}).err, HasSubstr("-v takes 1, 2 or 3"));
  EXPECT_THAT(site_.run(kOld, {"-hist", "2024-05-01"}).err, HasSubstr("deleted from the reports"));
}

TEST_F(DropIn, APluginThatIsNotThereIsNamed) {
  Json& instance = site_.site.instance();
  instance["plugin"] = "trellix_tie";
  site_.configure(site_.etc() / "trellix-tie.json", "trellix-tie");
  for (const char* name :
       {"tq-conn-trellix-tie-reputation-change", "tq-conn-trellix-tie-reputation",
        "tq_conn_trellix_tie_reputation_change"}) {
    std::vector<std::string> arguments = usual();
    arguments.insert(arguments.end(), {"-ep", "-d"});
    const Ended run = site_.run(name, arguments);
    EXPECT_EQ(run.exit_status, 2) << run.out;
    EXPECT_THAT(run.err, HasSubstr("there is no plugin \"trellix_tie\""));
    EXPECT_THAT(run.err, HasSubstr("warning: -ep has no effect"));
    EXPECT_THAT(run.err, HasSubstr("warning: -d has no effect"));
  }
  const Ended other = site_.run(kOld, {"-c", (site_.etc() / "trellix-tie.json").string()});
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.err, HasSubstr("configures the plugin trellix_tie"));
}

}  // namespace
}  // namespace e2e
