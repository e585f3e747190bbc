// SPDX-License-Identifier: Apache-2.0
// What `configure` meets that was there before it: another one at work, a record, a private pair, a
// password; and what an instance that it made leaves behind.
#include <functional>

#include "e2e/configure_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ConfigureAgain : public Configure {
 protected:
  // As a person who edits the file does.
  void change(const std::function<void(Json&)>& change) {
    Json json = site_.written();
    change(json);
    write_text(site_.instance_file(), json.dump(2), 0600);
  }
  Ended secret(const std::string& name, const std::string& value) {
    return run_program(site_.command({"secret", "set", name}), {}, 60, value);
  }
  std::string vault() { return site_.tqhost({"secret", "check"}).out; }
};

TEST_F(ConfigureAgain, ASecondOneAtTheSameTimeIsToldWhoTheFirstIs) {
  Pty first(command(), site_.ca());
  first.expect("ThreatQ Host: ");
  const Ended second = run({"configure", "cb-edr", "--from", site_.answers().string()});
  EXPECT_EQ(second.exit_status, 1);
  EXPECT_THAT(second.err, testing::MatchesRegex(
                              "tqhost: cb-edr is being configured by process [0-9]+ of the user "
                              ".*; nothing was done, wait until that has ended\n"));
  configure("cb-other");
  first.enter(site_.host());
  for (size_t i = 1; i < kLabels.size(); ++i) first.answer(kLabels[i], good_answers()[i]);
  EXPECT_EQ(first.wait().exit_status, 0) << first.shown();
  configure();
  for (const auto& [file, bytes] : snapshot_of(site_.folder()))
    EXPECT_THAT(file, Not(testing::EndsWith(".configure"))) << "nothing of it is left";
}

TEST_F(ConfigureAgain, ThePrivatePairIsUsedForItsAccountOnly) {
  configure();
  EXPECT_THAT(vault(), HasSubstr("cb-edr/threatq/oauth_secret"));
  change([](Json& json) { json["threatq"]["password"] = "worth nothing"; });
  EXPECT_EQ(site_.tqhost({"run-once", "cb-edr"}).exit_status, 0) << "the pair is the log-in";
  change([](Json& json) { json["threatq"]["username"] = kOtherUser; });
  EXPECT_EQ(site_.tqhost({"run-once", "cb-edr"}).exit_status, 1) << "it is not this user's";
  change([](Json& json) { json["threatq"]["password"] = kOtherPassword; });
  EXPECT_EQ(site_.tqhost({"run-once", "cb-edr"}).exit_status, 0);
}

TEST_F(ConfigureAgain, APairOfAnotherAccountDoesNotStay) {
  configure();
  Json answers = Json::parse(read_text(site_.answers(kOtherUser, kOtherPassword)));
  answers["config_source"] = "file";
  answers["config"] = {{"api_secret_key", kApiSecret},
                       {"api_id", "APIID00001"},
                       {"org_key", "ABCD1234"},
                       {"data_collections", "Crimeware"}};
  const fs::path file = site_.folder() / "answers.json";
  write_text(file, answers.dump(), 0600);
  const Ended ended = run({"configure", "cb-edr", "--from", file.string()});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(vault(), Not(HasSubstr("oauth")));
}

TEST_F(ConfigureAgain, ARecordThatIsSwitchedOnAlreadyIsNoted) {
  configure("cb-edr");
  site_.threatq().change(Json{{"connector", {{"name", kRecord}, {"is_active", true}}}}.dump());
  const std::string answers = site_.answers().string();
  const Ended same = run({"configure", "cb-edr", "--from", answers});
  EXPECT_EQ(same.err, "") << "it is its own";
  const Ended other = run({"configure", "cb-twin", "--plugin", "cb_edr", "--from", answers, "--set",
                           std::string("record_name=") + kRecord});
  EXPECT_EQ(other.exit_status, 0);
  EXPECT_THAT(other.err, AllOf(HasSubstr("note: the record"),
                               HasSubstr("was in ThreatQ already and is switched on")));
}

TEST_F(ConfigureAgain, CheckTriesThePasswordToo) {
  configure();
  EXPECT_EQ(site_.tqhost({"check", "cb-edr"}).exit_status, 2) << "the form is not filled in yet";
  site_.threatq().change(Json{{"connector",
                               {{"name", kRecord},
                                {"is_active", true},
                                {"values",
                                 {{"api_fqdn", site_.cbc().host_and_port()},
                                  {"api_secret_key", kApiSecret},
                                  {"api_id", "APIID00001"},
                                  {"org_key", "ABCD1234"},
                                  {"data_collections", "Crimeware"}}}}}}
                             .dump());
  const Ended good = site_.tqhost({"check", "cb-edr"});
  EXPECT_EQ(good.exit_status, 0) << good.err;
  ASSERT_EQ(secret("cb-edr/threatq/password", "has been changed").exit_status, 0);
  EXPECT_EQ(site_.tqhost({"run-once", "cb-edr"}).exit_status, 0) << "the pair is still good";
  const Ended bad = site_.tqhost({"check", "cb-edr"});
  EXPECT_EQ(bad.exit_status, 1);
  EXPECT_THAT(bad.err, HasSubstr("the password was tried, too"));
}

TEST_F(ConfigureAgain, AFileThatWasMovedAwayStaysGoodUntilTheNewOneIsThere) {
  configure();
  fs::rename(site_.instance_file(), site_.folder() / "aside.json");
  const Ended ended =
      run({"configure", "cb-edr", "--from", site_.answers(kOtherUser, kOtherPassword).string()});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(site_.written().at("threatq").at("password"),
            Json({{"secret", "cb-edr/threatq/password.2"}}))
      << "that of before was not written over";
  EXPECT_THAT(vault(), Not(HasSubstr("cb-edr/threatq/password  "))) << "and is gone at the end";
}

TEST_F(ConfigureAgain, ALinkToNowhereIsNoPlaceForTheFile) {
  fs::create_directory(site_.folder() / "instances.d");
  fs::create_symlink(site_.folder() / "gone.json", site_.instance_file());
  const Ended ended = run({"configure", "cb-edr", "--from", site_.answers().string()});
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.err, HasSubstr(site_.instance_file().string()));
  EXPECT_TRUE(fs::is_symlink(site_.instance_file()));
}

TEST_F(ConfigureAgain, RemovalTakesItsFileItsCertificateAndItsSecrets) {
  Pty terminal(command(), {});
  terminal.answer("ThreatQ Host: ", site_.host());
  terminal.answer("Trust this certificate? [y/N]: ", "y");
  for (size_t i = 1; i < kLabels.size(); ++i) terminal.answer(kLabels[i], good_answers()[i]);
  ASSERT_EQ(terminal.wait().exit_status, 0) << terminal.shown();
  ASSERT_TRUE(fs::exists(site_.folder() / "instances.d" / "cb-edr.ca.pem"));
  const Ended removed = site_.tqhost({"instance", "remove", "cb-edr", "--yes"});
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_TRUE(fs::is_empty(site_.folder() / "instances.d"));
  EXPECT_THAT(vault(), Not(HasSubstr("cb-edr")));
  EXPECT_EQ(site_.tqhost({"instance", "remove", "cb-edr", "--yes"}).exit_status, 2);

  // One that was cut off after the file is finished by the same command.
  ASSERT_EQ(secret("cb-edr/threatq/password", kPassword).exit_status, 0);
  fs::create_directory(site_.state() / "cb-edr");
  EXPECT_EQ(site_.tqhost({"instance", "remove", "cb-edr", "--yes"}).exit_status, 0);
  EXPECT_FALSE(fs::exists(site_.state() / "cb-edr"));
  EXPECT_THAT(vault(), Not(HasSubstr("cb-edr")));
}

}  // namespace
}  // namespace e2e
