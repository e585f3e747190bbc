// SPDX-License-Identifier: Apache-2.0
// `configure` is killed with SIGKILL before and after each of its effects in turn. What stands
// afterwards is the old configuration or the new one, it loads, its log-in is good, there is never
// more than one record in ThreatQ, and the same command finishes what was begun.
#include <signal.h>

#include <optional>

#include "e2e/configure_site.hpp"

namespace e2e {
namespace {

constexpr int kPointsMost = 100;

class ConfigureCrash : public Configure {
 protected:
  Ended configure_as(const std::string& user, const std::string& password, int crash_at = 0) {
    Variables variables;
    if (crash_at > 0) variables["TQ_CRASH_AT"] = std::to_string(crash_at);
    return run({"configure", "cb-edr", "--from", site_.answers(user, password).string()},
               variables);
  }

  void from_the_beginning() {
    for (const auto& what :
         {site_.folder() / "instances.d", site_.state(), site_.folder() / "tqhost.key"})
      std::filesystem::remove_all(what);
    for (const Json& record : site_.records())
      site_.threatq().change(
          Json{{"connector", {{"name", record.at("name")}, {"delete", true}}}}.dump());
  }

  // The file's bytes; none: there is no file.
  std::optional<std::string> file() const {
    if (!std::filesystem::exists(site_.instance_file())) return std::nullopt;
    return read_text(site_.instance_file());
  }

  void expect_sound(const std::string& when) {
    EXPECT_LE(site_.records().size(), 1u) << when;
    const Ended shown = site_.tqhost({"config", "show"});
    EXPECT_EQ(shown.exit_status, 0) << when << ": " << shown.err;
  }
};

TEST_F(ConfigureCrash, TheFirstTime) {
  int points = 0;
  for (int point = 1; point < kPointsMost; ++point) {
    from_the_beginning();
    const std::string when = "after point " + std::to_string(point);
    const Ended crashed = configure_as(kUser, kPassword, point);
    if (crashed.exit_status == 0) break;
    ASSERT_EQ(crashed.signal, SIGKILL) << when << crashed.err;
    ++points;
    expect_sound(when);
    const Ended finished = configure_as(kUser, kPassword);
    ASSERT_EQ(finished.exit_status, 0) << when << ": " << finished.err;
    ASSERT_EQ(site_.records().size(), 1u) << when;
    ASSERT_EQ(site_.tqhost({"run-once", "cb-edr"}).exit_status, 0) << when;
  }
  std::printf("crash points in a first configure: %d\n", points);
  EXPECT_GE(points, 8);  // secrets, record, pair and file, before and after each
}

TEST_F(ConfigureCrash, AnotherUser) {
  ASSERT_EQ(configure_as(kUser, kPassword).exit_status, 0);
  const std::pair<std::string, std::string> users[2] = {{kUser, kPassword},
                                                        {kOtherUser, kOtherPassword}};
  int points = 0;
  for (int point = 1; point < kPointsMost; ++point) {
    const auto before = file();
    const auto& [user, password] = users[point % 2];
    const std::string when = "after point " + std::to_string(point);
    const Ended crashed = configure_as(user, password, point);
    if (crashed.exit_status == 0) break;
    ASSERT_EQ(crashed.signal, SIGKILL) << when << crashed.err;
    ++points;
    expect_sound(when);
    const std::string user_now = site_.written().at("threatq").at("username");
    EXPECT_TRUE(file() == before || user_now == user) << when;
    // The password that is kept is the one of the user who is: it is tried.
    std::filesystem::remove(site_.folder() / "answers.json");
    const Ended kept = site_.tqhost({"configure", "cb-edr"});
    ASSERT_EQ(kept.exit_status, 0) << when << ": " << kept.err;
    EXPECT_EQ(site_.written().at("threatq").at("username"), user_now) << when;
    const Ended finished = configure_as(user, password);
    ASSERT_EQ(finished.exit_status, 0) << when << ": " << finished.err;
    EXPECT_EQ(site_.written().at("threatq").at("username"), user) << when;
    ASSERT_EQ(site_.records().size(), 1u) << when;
  }
  std::printf("crash points in a second configure: %d\n", points);
  EXPECT_GE(points, 8);
}

}  // namespace
}  // namespace e2e
