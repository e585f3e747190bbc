// SPDX-License-Identifier: Apache-2.0
// Secrets appear nowhere but where they are used: everything that a run leaves or shows is searched
// for them.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kSecrets = {kPassword, kApiSecret, "oauth-secret-1d2c3b4a"};

std::string base64(const std::string& text) {
  const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    value = (value << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += digits[(value >> (bits - 6)) & 63];
  }
  return out;  // without the tail: a searched prefix
}

// The first secret that stands in the text, plain or in base64.
std::string secret_in(const std::string& text) {
  for (const std::string& secret : kSecrets)
    for (const std::string& form : {secret, base64(secret).substr(0, secret.size() / 3 * 4)})
      if (text.find(form) != std::string::npos) return secret;
  return "";
}

void expect_no_secret_in_folder(const fs::path& folder, const std::set<fs::path>& allowed) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || allowed.count(entry.path()) != 0) continue;
    EXPECT_EQ(secret_in(read_text(entry.path())), "") << entry.path();
  }
}

// Children of a process, and theirs.
std::vector<pid_t> descendants(pid_t parent) {
  std::vector<pid_t> out;
  std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                         "/children");
  for (pid_t child; children >> child;) {
    out.push_back(child);
    for (const pid_t deeper : descendants(child)) out.push_back(deeper);
  }
  return out;
}

std::string processes_of(pid_t parent) {
  std::string text;
  std::vector<pid_t> all = descendants(parent);
  all.push_back(parent);
  for (const pid_t pid : all)
    for (const char* file : {"/environ", "/cmdline", "/status", "/limits"})
      text += read_text("/proc/" + std::to_string(pid) + file);
  return text;
}

TEST(Secrets, AreNowhereInWhatARunLeavesOrShows) {
  Site site;
  // One secret from the file, one from the environment.
  site.settings()["api_secret_key"] = {{"env", "CB_SECRET"}};
  site.write_config();
  const Variables variables = {{"CB_SECRET", kApiSecret}, {"TQHOST_THREATQ_PASSWORD", kPassword}};
  site.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/indicators/query"}, "action": {"delay_ms": 1500}})");
  Running run(site.command({"run-once", "cb-prod"}), variables);
  std::string seen;
  for (int i = 0; i < 200 && descendants(run.pid()).empty(); ++i) ::usleep(10'000);
  for (int i = 0; i < 10; ++i) {
    ::usleep(100'000);
    seen += processes_of(run.pid());
  }
  EXPECT_NE(seen.find("tqhost"), std::string::npos) << "the processes were looked at";
  EXPECT_EQ(secret_in(seen), "") << "in /proc";
  const Ended ended = run.wait();
  ASSERT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(secret_in(ended.out + ended.err), "");
  expect_no_secret_in_folder(site.folder(), {site.folder() / "tqhost.json"});
  EXPECT_EQ(secret_in(site.cbc().dump()), "") << "in what was sent";
}

TEST(Secrets, AreNotInErrorsOrDebugLogs) {
  Site site;
  for (
      const char* fault :
      {R"({"match": {"path": "/api/token"}, "action": {"status": 400, "body": "{\"errors\":[\"bad\"]}"}})",
       R"({"match": {"path": "/api/indicators/query"}, "action": {"status": 401}})",
       R"({"match": {"path": "/api/token"}, "action": {"reset": true}})"}) {
    site.threatq().clear_faults();
    site.threatq().fault(fault);
    const Ended run = site.tqhost({"run-once"});
    EXPECT_EQ(secret_in(run.out + run.err), "") << fault;
  }
  site.threatq().clear_faults();
  site.cbc().fault(
      R"({"match": {"path": "/feeds", "nth": 1}, "action": {"status": 401, "body": "token )" +
      std::string(kApiSecret) + R"(/APIID00001 is unknown"}})");
  const Ended echoed = site.tqhost({"run-once"});
  EXPECT_EQ(echoed.exit_status, 1);
  EXPECT_EQ(secret_in(echoed.out + echoed.err), "") << "a server that repeats the token";
  expect_no_secret_in_folder(site.state(), {});
}

// The server repeats the key where the plugin shortens what it said, plain and as JSON, HTML and a
// URL write it: the terminal, the log, the run record.
TEST(Secrets, HalfOfOneIsNotInWhatIsShortened) {
  Site site;
  site.settings()["api_secret_key"] = std::string(kApiSecret) + "/x&\xC3\xA9";
  site.write_config();
  const std::string half = std::string(kApiSecret).substr(0, 6);
  for (const size_t fill : {size_t{170}, size_t{176}, size_t{182}, size_t{188}})
    for (const std::string& form : {std::string(kApiSecret) + "\\\\/x&\\\\u00e9",
                                    std::string(kApiSecret) + "&#x2F;x&amp;&eacute;",
                                    std::string(kApiSecret) + "%2Fx%26%c3%a9"}) {
      site.cbc().clear_faults();
      site.cbc().fault(
          R"({"match": {"path": "/feeds"}, "action": {"status": 401, "body": "{\"message\": \")" +
          std::string(fill, 'x') + " " + form + R"( is unknown\"}"}})");
      const Ended run = site.tqhost({"run-once"});
      EXPECT_EQ(run.exit_status, 1);
      EXPECT_NE(run.err.find("xxxx"), std::string::npos) << "what it said is told: " << run.err;
      EXPECT_EQ((run.out + run.err).find(half), std::string::npos) << run.err;
      for (const auto& entry : fs::recursive_directory_iterator(site.state()))
        if (entry.is_regular_file())
          EXPECT_EQ(read_text(entry.path()).find(half), std::string::npos) << entry.path();
    }
}

// What nobody sees in a form or a file is named when the remote refuses.
TEST(Secrets, AnInvisibleEndIsNamedWhenItIsRefused) {
  Site site;
  site.settings()["api_secret_key"] = std::string(kApiSecret) + "\xC2\xA0";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1) << run.err;
  EXPECT_NE(run.err.find("note that the Enterprise EDR API Secret Key ends in a no-break space "
                         "(U+00A0): if that is not meant, enter it again without"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(secret_in(run.out + run.err), "");
  site.settings()["api_secret_key"] = kApiSecret;
  site.config["threatq"]["password"] = std::string(kPassword) + " ";
  site.write_config();
  const Ended refused = site.tqhost({"check"});
  EXPECT_NE(refused.err.find("note that ThreatQ's password ends in a blank"), std::string::npos)
      << refused.err;
  EXPECT_EQ(refused.err.find("Secret Key"), std::string::npos) << refused.err;
  EXPECT_EQ(secret_in(refused.out + refused.err), "");
}

TEST(Secrets, OAuthPairIsPreferredAndHidden) {
  SiteOptions options;
  options.threatq = {"--generate",     "100",
                     "--collection",   "Crimeware",
                     "--oauth-client", "oauthid0123456:oauth-secret-1d2c3b4a"};
  Site site(options);
  site.config["threatq"]["oauth_client"] = {{"id", "oauthid0123456"},
                                            {"secret", "oauth-secret-1d2c3b4a"}};
  site.config["threatq"]["password"] = "not the password";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  // Collections belong to the user; a client sees what is shared with it. Either way the log-in
  // worked.
  EXPECT_EQ(run.err.find("E_AUTH"), std::string::npos);
  EXPECT_EQ(site.log().find("not the password"), std::string::npos);
  EXPECT_EQ(secret_in(run.out + run.err + site.log()), "");
  expect_no_secret_in_folder(site.state(), {});
}

}  // namespace
}  // namespace e2e
