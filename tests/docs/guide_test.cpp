// SPDX-License-Identifier: Apache-2.0
// What the pages for operators have to say, because the original guides said it.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string read(const std::string& file) {
  std::ifstream stream(std::string(TQ_SOURCE_DIR) + "/" + file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(Guide, HasAPageForEachPlatform) {
  const std::string page = read("docs/switching.md");
  EXPECT_THAT(page,
              AllOf(HasSubstr("## On a ThreatQ v5 appliance"), HasSubstr("## On ThreatQ v6"),
                    HasSubstr("## On a machine of its own"),
                    HasSubstr("timedatectl list-timezones | grep Europe"),
                    HasSubstr("timedatectl set-timezone UTC"), HasSubstr("Skip the time zone"),
                    HasSubstr("    mkdir -p /etc/tq_labs/\n    mkdir -p /var/log/tq_labs/\n"),
                    HasSubstr("kubectl exec -n threatq -it deployments/custom-connectors"),
                    HasSubstr("kubectl logs -n threatq deployments/custom-connectors")));
}

TEST(Guide, TellsTheHistory) {
  const std::string page = read("docs/switching.md");
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0", "1.2.1"})
    EXPECT_THAT(page.substr(page.find("## History")), HasSubstr(version));
}

TEST(Guide, ListsEveryLogEvent) {
  const std::string events = read("host/log/events.def");
  const std::string page = read("docs/operator-guide.md");
  const std::regex row("TQ_EVENT\\(\\w+,\\s*\"([^\"]+)\",\\s*\"([^\"]+)\"\\)");
  int rows = 0;
  for (std::sregex_iterator at(events.begin(), events.end(), row), end; at != end; ++at, ++rows)
    EXPECT_THAT(page, HasSubstr("| `" + (*at)[1].str() + "` | " + (*at)[2].str() + " |"));
  EXPECT_GT(rows, 15);
}

TEST(Guide, NamesEveryExitStatusAndCommand) {
  const std::string page = read("docs/operator-guide.md");
  for (const char* command :
       {"tqhost list", "tqhost describe", "tqhost check", "tqhost run-once", "tqhost configure",
        "tqhost status", "tqhost logs", "tqhost why", "tqhost secret set", "tqhost secret check",
        "tqhost secret rotate", "tqhost instance remove", "tqhost state", "tqhost schema",
        "tqhost verify"})
    EXPECT_THAT(page, HasSubstr(command));
  for (const char* status : {"| 0 |", "| 1 |", "| 2 |", "| 3 |", "| 4 |"})
    EXPECT_THAT(page, HasSubstr(status));
}

}  // namespace
