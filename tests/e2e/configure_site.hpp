// SPDX-License-Identifier: Apache-2.0
// ConfigureSite: a site that nobody has configured yet: a host file that says where things are and
// nothing about ThreatQ. Configure: the tests of `configure` there. One thread.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "e2e/pty.hpp"
#include "e2e/site.hpp"

namespace e2e {

inline constexpr const char* kClientId = "clientid0123";
inline constexpr const char* kRecord = "VMware Carbon Black Cloud Enterprise EDR";
inline constexpr const char* kOtherUser = "other@example.com";
inline constexpr const char* kOtherPassword = "other-pass-77aa31";
inline constexpr const char* kConfigured = "Connector configured. Set information in UI";

// Every file of a folder, and what it holds.
using Snapshot = std::map<std::string, std::string>;
inline Snapshot snapshot_of(const std::filesystem::path& folder) {
  Snapshot out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    out[entry.path().string()] = entry.is_regular_file() ? read_text(entry.path()) : "";
  return out;
}

inline void write_text(const std::filesystem::path& file, const std::string& text, mode_t mode) {
  std::ofstream(file) << text;
  ::chmod(file.c_str(), mode);
}

class ConfigureSite : public Site {
 public:
  ConfigureSite() : Site(with_two_users()) {
    ::umask(022);  // folders that others may write in are refused
    config.erase("threatq");
    config["instances"] = Json::array();
    write_config();
  }

  // What makes the lab's ThreatQ known and trusted.
  Variables ca() { return {{"TQHOST_THREATQ_CA_FILE", threatq().ca_file()}}; }

  std::string host() { return threatq().host_and_port(); }

  // A file for --from with everything that is asked at a terminal.
  std::filesystem::path answers(const std::string& user = kUser,
                                const std::string& password = kPassword) {
    const auto file = folder() / "answers.json";
    const Json answers = {
        {"threatq",
         {{"host", host()}, {"client_id", kClientId}, {"username", user}, {"password", password}}},
        {"default_status", "review"}};
    write_text(file, answers.dump(2), 0600);
    return file;
  }

  std::filesystem::path instance_file(const std::string& name = "cb-edr") const {
    return folder() / "instances.d" / (name + ".json");
  }
  Json written(const std::string& name = "cb-edr") const {
    return Json::parse(read_text(instance_file(name)));
  }
  Json records() { return Json::parse(threatq().dump("what=connectors")).at("connectors"); }

 private:
  static SiteOptions with_two_users() {
    SiteOptions options;
    options.threatq = {
        "--generate",   "200",
        "--seed",       "7",
        "--collection", "Crimeware",
        "--user",       std::string(kOtherUser) + ":" + kOtherPassword + ":" + kClientId};
    return options;
  }
};

inline const std::vector<std::string> kLabels = {
    "ThreatQ Host: ", "ThreatQ Client ID: ", "ThreatQ Username: ", "ThreatQ Password: ",
    "Status: "};

inline mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

class Configure : public testing::Test {
 protected:
  std::vector<std::string> good_answers() {
    return {site_.host(), kClientId, kUser, kPassword, "Review"};
  }
  Variables with(Variables more) {
    for (const auto& [name, value] : site_.ca()) more.emplace(name, value);
    return more;
  }
  Ended run(const std::vector<std::string>& arguments, const Variables& more = {}) {
    return site_.tqhost(arguments, with(more));
  }
  std::vector<std::string> command(const std::string& instance = "cb-edr") {
    return site_.command({"configure", instance, "--plugin", "cb_edr"});
  }
  // The first `count` questions, answered.
  void answer(Pty& terminal, size_t count) {
    const std::vector<std::string> answers = good_answers();
    for (size_t i = 0; i < count; ++i) terminal.answer(kLabels[i], answers[i]);
  }
  // Configured by a file, without a terminal.
  void configure(const std::string& instance = "cb-edr") {
    const Ended done =
        run({"configure", instance, "--plugin", "cb_edr", "--from", site_.answers().string()});
    ASSERT_EQ(done.exit_status, 0) << done.err;
    std::filesystem::remove(site_.folder() / "answers.json");
  }
  // Nothing of the site's files shows a secret.
  void expect_no_secret_in_files() {
    for (const auto& [file, bytes] : snapshot_of(site_.folder()))
      EXPECT_EQ(bytes.find(kPassword), std::string::npos) << file;
  }

  ConfigureSite site_;
};

}  // namespace e2e
