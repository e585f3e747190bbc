// SPDX-License-Identifier: Apache-2.0
// Whatever ThreatQ's age, paging and temper: the feed holds what ThreatQ holds.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class Server : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Server, IsReadWhole) {
  SiteOptions options;
  options.threatq = {"--generate", "2300", "--seed", "17", "--collection", "Crimeware"};
  options.threatq.insert(options.threatq.end(), GetParam().begin(), GetParam().end());
  Site site(options);
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site));
  EXPECT_EQ(site.run_record().at("counts").at("read"), 2300);
}

INSTANTIATE_TEST_SUITE_P(Each, Server,
                         testing::Values(std::vector<std::string>{"--answers", "new"},
                                         std::vector<std::string>{"--answers", "old"},
                                         std::vector<std::string>{"--answers", "old-names"},
                                         std::vector<std::string>{"--answers", "old", "--paging",
                                                                  "offset"},
                                         std::vector<std::string>{"--paging", "offset"},
                                         std::vector<std::string>{"--gzip"},
                                         std::vector<std::string>{"--max-page", "130"},
                                         std::vector<std::string>{"--token-seconds", "1"},
                                         std::vector<std::string>{"--errors", "list"}),
                         [](const testing::TestParamInfo<std::vector<std::string>>& server) {
                           std::string name;
                           for (const std::string& word : server.param)
                             for (const char c : word)
                               name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

// Rows come and go in front of the reader while it pages by offset: nothing that still exists may
// be lost.
TEST(Shifting, PagesCostTheFeedNothing) {
  for (const char* shift : {"40", "-40"}) {
    SiteOptions options;
    options.threatq = {"--generate",   "2300",      "--seed",   "17",
                       "--collection", "Crimeware", "--paging", "offset"};
    Site site(options);
    ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
    const auto before = values_of(site.feeds().at("ThreatQ"));
    site.threatq().fault(std::string(R"({"service": {"shift_pages": )") + shift + "}}");
    const Ended shifted = site.tqhost({"run-once"});
    EXPECT_TRUE(shifted.exit_status == 0 || shifted.exit_status == 1) << shifted.err;
    const auto between = values_of(site.feeds().at("ThreatQ"));
    EXPECT_TRUE(std::includes(between.begin(), between.end(), before.begin(), before.end()))
        << shift;
    site.threatq().fault(R"({"service": {"clear": true}})");
    const Ended good = site.tqhost({"run-once"});
    ASSERT_EQ(good.exit_status, 0) << good.err << site.log();
    EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site)) << shift;
  }
}

TEST(MessyValues, AreSkippedWithAReasonOrMadeClean) {
  SiteOptions options;
  options.threatq = {"--generate", "2300", "--seed", "17", "--collection", "Crimeware", "--messy"};
  Site site(options);
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  const Json record = site.run_record();
  uint64_t skipped = 0;
  for (const auto& [reason, number] : record.at("skipped").items()) {
    EXPECT_FALSE(reason.empty());
    skipped += number.get<uint64_t>();
  }
  EXPECT_EQ(record.at("counts").at("read").get<uint64_t>(),
            record.at("counts").at("sent").get<uint64_t>() + skipped);
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")).size(),
            record.at("counts").at("sent").get<uint64_t>());
}

TEST(MessyValues, AreSentAsWhatTheyMean) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("tq-messy-" + std::to_string(::getpid()) + ".jsonl");
  std::ofstream lines(file);
  for (const auto& [type, value] : std::vector<std::pair<std::string, std::string>>{
           {"IP Address",
            "\xC2\xA0"
            "192.0.2.1"},
           {"IPv6 Address", "::ffff:192.0.2.2"},
           {"IP Address", "192.0.2.3/32"},
           {"IP Address", "192.0.2.0/24"},
           {"FQDN", "bad.example.com/"},
           {"FQDN",
            "b\xC3\xBC"
            "cher.example"},
           {"FQDN", "\xE2\x98\x83.example"},
           {"MD5", std::string(32, 'A')},
           {"MD5", std::string(32, 'a') + "\xE2\x80\x8B"}})
    lines << Json{{"type", type}, {"value", value}, {"context", "messy"}}.dump() << "\n";
  lines.close();
  SiteOptions options;
  options.threatq = {"--indicators", file.string(), "--collection", "Crimeware"};
  Site site(options);
  std::filesystem::remove(file);
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")),
            (std::multiset<std::string>{"netconn_ipv4 192.0.2.1", "netconn_ipv4 192.0.2.2",
                                        "netconn_ipv4 192.0.2.3", "netconn_domain bad.example.com",
                                        "netconn_domain xn--bcher-kva.example",
                                        "process_hash " + std::string(32, 'a')}));
  const Json record = site.run_record();
  EXPECT_EQ(record.at("counts").at("read"), 9);
  EXPECT_EQ(record.at("counts").at("sent"), 6);
  EXPECT_EQ(record.at("counts").at("unchanged"), 1) << "shares the IOC of another hash";
  EXPECT_EQ(record.at("skipped"),
            (Json{{"a CIDR block, not one IP address", 1},
                  {"a domain name with a character that names must not have (IDNA)", 1}}));
  const Ended why = site.tqhost({"why", "cb-prod", std::string(32, 'a') + "\xE2\x80\x8B"});
  EXPECT_THAT(why.out, HasSubstr(", which it shares with indicator "));
  const Ended name = site.tqhost({"why", "cb-prod", "xn--bcher-kva.example"});
  EXPECT_THAT(name.out, HasSubstr(" (FQDN, Active), sent in report "));
  EXPECT_EQ(site.unknown_leaves(), Json::array()) << "the leaf of a value";
}

TEST(Times, AreUtcWhateverTheZone) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}, {{"TZ", "Asia/Tokyo"}}).exit_status, 0);
  const std::string tokyo = site.run_record().at("started").get<std::string>();
  ASSERT_EQ(site.tqhost({"run-once"}, {{"TZ", "America/New_York"}}).exit_status, 0);
  const std::string new_york = site.run_record().at("started").get<std::string>();
  EXPECT_EQ(tokyo.substr(0, 13), new_york.substr(0, 13)) << "the same hour, unless it just ended";
  EXPECT_EQ(tokyo.back(), 'Z');
}

}  // namespace
}  // namespace e2e
