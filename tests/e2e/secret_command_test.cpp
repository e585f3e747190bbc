// SPDX-License-Identifier: Apache-2.0
// tqhost secret set|check|rotate, and runs whose secrets are at rest.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "e2e/pty.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

// A password with everything that a shell or a configuration would take for itself.
constexpr const char* kSymbols =
    "$PATH `id` $(id) \"'\\ !! %s %% ; | & < > * ? [a] {b} ~ # \xc3\xa4 = @ ^ \\n";

SiteOptions with_symbols() {
  SiteOptions options;
  options.threatq.insert(options.threatq.end(),
                         {"--user", std::string("symbols@example.com:") + kSymbols + ":clientid9"});
  return options;
}
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class SecretCommand : public testing::Test {
 protected:
  // Both secrets of the site are at rest; the configuration holds none.
  SecretCommand() : site_(with_symbols()) {
    site_.config["threatq"]["password"] = {{"secret", "tq"}};
    site_.settings()["api_secret_key"] = {{"secret", "cb-prod/api_secret_key"}};
    site_.write_config();
  }
  ~SecretCommand() override {
    for (const Ended& ended : ended_)
      for (const char* secret : {kPassword, kApiSecret, kSymbols})
        EXPECT_EQ((ended.out + ended.err).find(secret), std::string::npos) << ended.out;
  }

  Ended secret(const std::vector<std::string>& arguments, const std::string& input = {},
               const Variables& variables = {}) {
    std::vector<std::string> words = {"secret"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    ended_.push_back(run_program(site_.command(words), variables, 60, input));
    return ended_.back();
  }
  void set_both() {
    ASSERT_EQ(secret({"set", "tq"}, std::string(kPassword) + "\n").exit_status, 0);
    ASSERT_EQ(secret({"set", "cb-prod/api_secret_key"}, kApiSecret).exit_status, 0);
  }

  // Whether ThreatQ takes the password of symbols@example.com.
  bool logs_in() {
    const Ended check = site_.tqhost({"check"});
    ended_.push_back(check);
    return check.err.find("ThreatQ accepts the log-in of symbols@example.com") != std::string::npos;
  }

  // A message without what differs between runs: folder, key, time.
  std::string plain(std::string text) const {
    replace(text, site_.folder().string(), "DIR");
    for (const std::string& id : key_ids()) replace(text, id, "KEY");
    for (size_t at = text.find(" set 20"); at != std::string::npos; at = text.find(" set 20"))
      text.replace(at + 5, 24, "TIME");
    return text;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from))
      text.replace(at, from.size(), to);
  }
  std::vector<std::string> key_ids() const {
    const fs::path file = site_.state() / "secrets.json";
    if (!fs::exists(file)) return {};
    return {Json::parse(read_text(file)).at("key_id").get<std::string>()};
  }

  Site site_;
  std::vector<Ended> ended_;
};

TEST_F(SecretCommand, SetTakesStandardInputAndSaysWhereItIsKept) {
  const Ended set = secret({"set", "tq"}, std::string(kPassword) + "\n");
  EXPECT_EQ(set.exit_status, 0) << set.err;
  EXPECT_EQ(plain(set.out),
            "The secret \"tq\" is kept in DIR/state/secrets.json, sealed with key KEY in "
            "DIR/tqhost.key.\nThe configuration names it {\"secret\": \"tq\"}.\n");
  struct stat status {};
  ASSERT_EQ(::stat((site_.folder() / "tqhost.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_THAT(read_text(site_.state() / "secrets.json"), Not(HasSubstr(kPassword)));
}

TEST_F(SecretCommand, SetCutsAMarkAndOneEndOfALineAndRefusesUtf16) {
  ASSERT_EQ(secret({"set", "cb-prod/api_secret_key"}, kApiSecret).exit_status, 0);
  ASSERT_EQ(secret({"set", "tq"}, std::string("\xEF\xBB\xBF") + kPassword + "\r\n").exit_status, 0);
  EXPECT_EQ(site_.tqhost({"check"}).exit_status, 0);
  const Ended set = secret({"set", "tq"}, std::string("\xFF\xFEp\0w\0", 6));
  EXPECT_EQ(set.exit_status, 2);
  EXPECT_EQ(set.err, "tqhost: what came on standard input is UTF-16; save it as UTF-8\n");
}

TEST_F(SecretCommand, SetRefusesNothingAndArguments) {
  Ended set = secret({"set", "tq"}, "");
  EXPECT_EQ(set.exit_status, 2);
  EXPECT_EQ(set.err, "tqhost: nothing came on standard input\n");
  set = secret({"set", "tq"}, std::string(70'000, 'x'));
  EXPECT_EQ(set.exit_status, 2);
  EXPECT_THAT(set.err, HasSubstr("longer than 65536 bytes"));
  set = secret({"set", "a b"}, "x");
  EXPECT_EQ(set.exit_status, 2);
  EXPECT_THAT(set.err, HasSubstr("\"a b\" is no name of a secret"));
  EXPECT_EQ(secret({"set", "tq", "hunter2"}).exit_status, 2) << "a value is never an argument";
  EXPECT_FALSE(fs::exists(site_.state() / "secrets.json"));
}

TEST_F(SecretCommand, RunsUseWhatWasSet) {
  Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err + run.out + site_.log(), HasSubstr("there is no secret \"tq\""));
  set_both();
  run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log();
  EXPECT_THAT(site_.log(), Not(HasSubstr(kApiSecret)));
  ASSERT_EQ(secret({"rotate"}).exit_status, 0);
  run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log();
  run = site_.tqhost({"config", "show"});
  EXPECT_THAT(run.out, ContainsRegex("/threatq/password/secret +\"tq\""));
}

TEST_F(SecretCommand, AtATerminalItIsTypedTwiceAndNotShown) {
  Pty terminal(site_.command({"secret", "set", "tq"}), {});
  terminal.answer("Secret tq: ", kPassword);
  terminal.answer("Secret tq again: ", "something else");
  terminal.expect("The two are not the same.");
  terminal.answer("Secret tq: ", "");
  terminal.expect("Type the secret.");
  terminal.answer("Secret tq: ", kPassword);
  terminal.answer("Secret tq again: ", kPassword);
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_THAT(ended.out, HasSubstr("The secret \"tq\" is kept in "));
  ended_.push_back(ended);
  ASSERT_EQ(secret({"set", "cb-prod/api_secret_key"}, kApiSecret).exit_status, 0);
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 0) << site_.log();
}

TEST_F(SecretCommand, ControlCAtATerminalChangesNothing) {
  for (const int answered : {0, 1}) {
    Pty terminal(site_.command({"secret", "set", "tq"}), {});
    if (answered == 1) terminal.answer("Secret tq: ", kPassword);
    terminal.expect(answered == 1 ? "Secret tq again: " : "Secret tq: ");
    terminal.control_c();
    const Ended ended = terminal.wait();
    EXPECT_EQ(ended.exit_status, 1);
    EXPECT_THAT(ended.out, EndsWith("tqhost: nothing was changed\r\n"));
    ended_.push_back(ended);
  }
  EXPECT_FALSE(fs::exists(site_.state() / "secrets.json"));
}

TEST_F(SecretCommand, AtATerminalItIsNeverTypedTheSame) {
  Pty terminal(site_.command({"secret", "set", "tq"}), {});
  for (int i = 0; i < 3; ++i) {
    terminal.answer("Secret tq: ", kPassword);
    terminal.answer("Secret tq again: ", "something else");
  }
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.out, EndsWith("tqhost: the secret \"tq\" was not set: it was typed twice, and "
                                  "never the same\r\n"));
  ended_.push_back(ended);
}

TEST_F(SecretCommand, EverySymbolOfAShellSurvives) {
  site_.config["threatq"]["username"] = "symbols@example.com";
  site_.config["threatq"]["client_id"] = "clientid9";
  site_.write_config();
  ASSERT_EQ(secret({"set", "cb-prod/api_secret_key"}, kApiSecret).exit_status, 0);

  ASSERT_EQ(secret({"set", "tq"}, std::string(kSymbols) + "\n").exit_status, 0);
  EXPECT_TRUE(logs_in()) << "from standard input";

  ASSERT_EQ(secret({"set", "tq"}, "wrong").exit_status, 0);
  EXPECT_FALSE(logs_in()) << "the password counts";

  Pty terminal(site_.command({"secret", "set", "tq"}), {});
  terminal.answer("Secret tq: ", kSymbols);
  terminal.answer("Secret tq again: ", kSymbols);
  ended_.push_back(terminal.wait());
  EXPECT_TRUE(logs_in()) << "from the terminal";
}

TEST_F(SecretCommand, CheckListsAndFindsWhatIsMissing) {
  Ended check = secret({"check"});
  EXPECT_EQ(check.exit_status, 2);
  EXPECT_EQ(plain(check.out),
            "Secrets in DIR/state/secrets.json, sealed with no key yet:\n  none\n");
  EXPECT_THAT(plain(check.err),
              MatchesRegex("tqhost: DIR/tqhost.json:[0-9]+: /api_secret_key cannot be used: there "
                           "is no secret \"cb-prod/api_secret_key\"; set it with: tqhost --config "
                           "DIR/tqhost.json secret set "
                           "cb-prod/api_secret_key\n"
                           "tqhost: DIR/tqhost.json:[0-9]+: /threatq/password cannot be used: "
                           "there is no secret \"tq\"; set it with: tqhost --config "
                           "DIR/tqhost.json secret set tq\n"));
  set_both();
  ASSERT_EQ(secret({"set", "spare"}, "x").exit_status, 0);
  check = secret({"check"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_EQ(plain(check.out),
            "Secrets in DIR/state/secrets.json, sealed with key KEY in DIR/tqhost.key:\n"
            "  cb-prod/api_secret_key           set TIME\n"
            "  spare                            set TIME, the configuration does not name it\n"
            "  tq                               set TIME\n");
  EXPECT_EQ(check.err, "");
}

TEST_F(SecretCommand, CheckNamesADamagedSecret) {
  set_both();
  Json file = Json::parse(read_text(site_.state() / "secrets.json"));
  file["secrets"]["tq"]["sealed"] = file["secrets"]["cb-prod/api_secret_key"]["sealed"];
  std::ofstream(site_.state() / "secrets.json") << file.dump();
  const Ended check = secret({"check"});
  EXPECT_EQ(check.exit_status, 2);
  EXPECT_THAT(plain(check.out),
              HasSubstr("  tq                               set TIME, DAMAGED\n"));
  EXPECT_THAT(plain(check.err),
              HasSubstr("tqhost: the secret \"tq\" in DIR/state/secrets.json is damaged; set it "
                        "again: tqhost --config DIR/tqhost.json secret set tq\n"));
}

TEST_F(SecretCommand, CheckLooksAtReferencesOnly) {
  site_.config["threatq"]["password"] = "secret";
  site_.settings()["api_secret_key"] = kApiSecret;
  site_.write_config();
  const Ended check = secret({"check"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
}

TEST_F(SecretCommand, RotateSealsAnewAndSaysSo) {
  Ended rotate = secret({"rotate"});
  EXPECT_EQ(rotate.exit_status, 0);
  EXPECT_EQ(rotate.out, "No secret was ever set, so there is no key to rotate.\n");
  set_both();
  const std::string old_key = read_text(site_.folder() / "tqhost.key"), old_id = key_ids().at(0);
  rotate = secret({"rotate"});
  EXPECT_EQ(rotate.exit_status, 0) << rotate.err;
  replace(rotate.out, old_id, "OLD");
  EXPECT_EQ(plain(rotate.out),
            "2 secrets and 0 other files were sealed anew; all are sealed with key KEY in "
            "DIR/tqhost.key.\n"
            "Key OLD opens none of them any more. It still opens backups: if it is in wrong hands, "
            "change the secrets, too.\n");
  EXPECT_EQ(secret({"check"}).exit_status, 0);
  std::ofstream(site_.folder() / "tqhost.key") << old_key;
  const Ended check = secret({"check"});
  EXPECT_EQ(check.exit_status, 2);
  EXPECT_THAT(check.err, HasSubstr("but " + (site_.folder() / "tqhost.key").string() +
                                   " holds key " + old_id));
}

TEST_F(SecretCommand, MissingAndOpenKeysSayWhatToDo) {
  set_both();
  const fs::path key = site_.folder() / "tqhost.key";
  ASSERT_EQ(::chmod(key.c_str(), 0644), 0);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"set", "tq"}, {"check"}, {"rotate"}}) {
    const Ended ended = secret(command, "x");
    EXPECT_EQ(ended.exit_status, 2);
    EXPECT_EQ(plain(ended.err),
              "tqhost: DIR/tqhost.key holds the key of secrets at rest and is open to other users; "
              "type: chmod 600 DIR/tqhost.key\n");
  }
  fs::rename(key, site_.folder() / "elsewhere");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"set", "tq"}, {"check"}, {"rotate"}}) {
    const Ended ended = secret(command, "x");
    EXPECT_EQ(ended.exit_status, 2);
    EXPECT_THAT(plain(ended.err), HasSubstr("is sealed with key KEY, and DIR/tqhost.key does not "
                                            "exist; restore it from a backup"));
  }
  const Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(plain(run.out + run.err), HasSubstr("DIR/tqhost.key does not exist"));
}

TEST_F(SecretCommand, ACredentialOfSystemdHoldsTheKey) {
  set_both();
  const fs::path credentials = site_.folder() / "credentials";
  fs::create_directory(credentials);
  fs::rename(site_.folder() / "tqhost.key", credentials / "tqhost.key");
  const Variables variables = {{"CREDENTIALS_DIRECTORY", credentials.string()}};
  const Ended check = secret({"check"}, "", variables);
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(plain(check.out),
              HasSubstr("key KEY in systemd's credential DIR/credentials/tqhost.key"));
  EXPECT_EQ(site_.tqhost({"run-once"}, variables).exit_status, 0) << site_.log();
  const Ended rotate = secret({"rotate"}, "", variables);
  EXPECT_EQ(rotate.exit_status, 0);
  EXPECT_THAT(rotate.out, HasSubstr("which has one key; to change it, put a new line above"));
  EXPECT_FALSE(fs::exists(site_.folder() / "tqhost.key"));
}

}  // namespace
}  // namespace e2e
