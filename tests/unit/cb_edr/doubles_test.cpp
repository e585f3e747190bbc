// SPDX-License-Identifier: Apache-2.0
// Indicators of one report whose values become the same: one IOC, that of the lowest id.
#include <map>
#include <random>
#include <set>

#include "cutting.hpp"
#include "edr.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const ReportFrame kFrame{"C", "", {}};

std::string tail_of(const Report& report) {
  std::string tail;
  report.tail(kFrame, 5, Digest{}, &tail);
  return tail;
}

TEST(Report, AValueIsOneIocOfTheLowestId) {
  Report report;
  report.open(0);
  EXPECT_TRUE(report.add(1, Field::kHash, "aa", 5));
  EXPECT_TRUE(report.add(2, Field::kHash, "bb", 5));
  EXPECT_FALSE(report.add(3, Field::kHash, "aa", 9));
  EXPECT_TRUE(report.add(4, Field::kHash, "aaa", 5));
  EXPECT_TRUE(report.add(5, Field::kDomain, "aa", 5)) << "another field";
  EXPECT_EQ(report.count(), 4u);
  EXPECT_EQ(report.newest_updated_ms(), 9);
  const std::string tail = tail_of(report);
  EXPECT_THAT(tail, HasSubstr("\"tq-1\""));
  EXPECT_THAT(tail, Not(HasSubstr("\"tq-3\"")));

  report.open(5);
  EXPECT_TRUE(report.add(6, Field::kHash, "aa", 5)) << "in another report it is sent again";
}

TEST(Report, DigestFollowsWhatIsSent) {
  Report plain, shared, at_end, at_end_too;
  for (Report* report : {&plain, &shared, &at_end, &at_end_too}) {
    report->open(0);
    report->add(1, Field::kHash, "aa", 5);
  }
  shared.add(2, Field::kHash, "aa", 5);
  for (Report* report : {&plain, &shared, &at_end, &at_end_too})
    report->add(3, Field::kHash, "bb", 5);
  at_end.add(4, Field::kHash, "aa", 5);
  at_end_too.add(5, Field::kHash, "aa", 5);
  EXPECT_EQ(tail_of(shared), tail_of(plain));
  EXPECT_EQ(shared.digest(kFrame, 5), plain.digest(kFrame, 5));
  EXPECT_EQ(at_end.last_id(), 4u) << "the report is also that indicator's";
  EXPECT_THAT(tail_of(at_end), HasSubstr("indicators 1 to 4"));
  EXPECT_NE(at_end.digest(kFrame, 5), plain.digest(kFrame, 5));
  EXPECT_NE(at_end.digest(kFrame, 5), at_end_too.digest(kFrame, 5));
}

TEST(Report, DigestWithoutDoublesIsTheSameForEver) {
  // Another one would send every report of every feed again.
  Report report;
  report.open(90);
  report.add(101, Field::kIpv4, "192.0.2.7", 1);
  report.add(102, Field::kDomain, "bad.example.com", 2);
  EXPECT_EQ(Report::revision(report.digest({"C", "https://tq.example/indicators/", {"t"}}, 5)),
            "5c163894caa86cd7");
}

TEST(Report, FindsEachOfManyValuesAgain) {
  Report report;
  for (int round = 0; round < 3; ++round) {
    report.open(0);
    uint64_t id = 0;
    for (int again = 0; again < 2; ++again)
      for (int i = 0; i < 3000; ++i)
        EXPECT_EQ(report.add(++id, Field::kDomain, "h" + std::to_string(i), 1), again == 0) << i;
    EXPECT_EQ(report.count(), 3000u);
  }
}

class Doubles : public Edr {
 protected:
  // Hashes of which each id has that of a few ids before it, in capitals: two ids a value.
  static std::vector<tqp::fake::Row> pairs(uint64_t last) {
    std::vector<tqp::fake::Row> out;
    for (uint64_t id = 1; id <= last; ++id) {
      std::string digits = std::to_string((id + 1) / 2);
      digits = std::string(30 - digits.size(), '0') + digits;
      out.push_back({id, "MD5", digits + (id % 2 == 0 ? "AB" : "ab")});
    }
    return out;
  }
  std::string why(const std::string& value, uint64_t id = 0) {
    host_.setup.config = settings_.dump();
    const auto explained = host_.explain("", value, id);
    EXPECT_TRUE(explained.outcome.ok()) << explained.outcome;
    return explained.text;
  }
  std::vector<uint64_t> ids() {
    std::vector<uint64_t> out;
    for (const auto& [collection, id] : content()) out.push_back(id);
    return out;
  }
  std::string report() { return cloud_.feed("ThreatQ")->reports.begin()->first; }
};

TEST_F(Doubles, AreSentOnceAndCountedAsUnchanged) {
  crimeware().rows = {{101, "MD5", "E320BB753BA6FB13EA7EF15E7EFC315E"},
                      {102, "IPv6 Address", "::ffff:192.0.2.1"},
                      {103, "MD5", "e320bb753ba6fb13ea7ef15e7efc315e\xC2\xA0"},
                      {104, "IP Address", "192.0.2.1/32"},
                      {105, "FQDN",
                       "b\xC3\xBC"
                       "cher.example"},
                      {106, "FQDN", "XN--bcher-kva.example/"},
                      {107, "URL", "https://bad.example.com/a"}};
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(ids(), ElementsAre(101, 102, 105));
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 7u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), 3u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), 3u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SKIPPED), 1u);
  writes();
  host_.seen = {};
  looked_ = 0;
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), 6u);
}

TEST_F(Doubles, AreNotCountedByTheCut) {
  crimeware().id = "17";
  crimeware().rows = pairs(8000);
  cloud_.thorough = false;
  ASSERT_TRUE(run().ok());
  size_t values = 0;
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    EXPECT_LE(report.ids.size(), kMostIocs);
    values += report.ids.size();
  }
  EXPECT_LE(values, 4000u + cloud_.feed("ThreatQ")->reports.size())
      << "at most one pair is cut apart";
  EXPECT_GE(values, 4000u);
  const uint64_t shared = 8000 - values;
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), values);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), shared);
}

TEST_F(Doubles, TheNextOneCarriesTheValueWhenTheFirstGoes) {
  crimeware().rows = {{101, "MD5", std::string(32, 'A')},
                      {102, "FQDN", "bad.example.com"},
                      {103, "MD5", std::string(32, 'a')}};
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(ids(), ElementsAre(101, 102));
  crimeware().rows.erase(crimeware().rows.begin());
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(ids(), ElementsAre(102, 103));
  crimeware().rows.insert(crimeware().rows.begin(), {100, "MD5", std::string(32, 'a')});
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(ids(), ElementsAre(100, 102));
}

TEST_F(Doubles, OfTwoSeveritiesAreTwo) {
  settings_["severity"] = "from_score";
  crimeware().rows = {{101, "FQDN", "bad.example.com", "Active", 3},
                      {102, "FQDN", "BAD.example.com", "Active", 7},
                      {103, "FQDN", "Bad.example.com", "Active", 3}};
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(ids(), ElementsAre(101, 102));
}

TEST_F(Doubles, WhySaysWhichIndicatorsShareIt) {
  crimeware().rows = {{101, "MD5", std::string(32, 'A'), "Active", 5, 1'700'000'000'000},
                      {102, "FQDN", "bad.example.com"},
                      {103, "MD5", std::string(32, 'a')}};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(why(std::string(32, 'a')),
            std::string(32, 'a') + " becomes process_hash \"" + std::string(32, 'a') +
                "\".\n"
                "Collection \"Crimeware\": indicator 103 (MD5, Active), sent in report " +
                report() +
                " as IOC tq-101, which it shares with indicator 101, timestamp "
                "2023-11-14T22:13:20Z.\n"
                "Collection \"Crimeware\": indicator 101 (MD5, Active), sent in report " +
                report() + " as IOC tq-101, timestamp 2023-11-14T22:13:20Z.\n");
}

TEST_F(Doubles, WhyFindsTheSharedIocInASpellingThatItDoesNotAskFor) {
  crimeware().rows = {{101, "FQDN", "bAd.Example.com\xC2\xA0"}, {103, "FQDN", "bad.example.com"}};
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(why("bad.example.com"),
              HasSubstr("indicator 103 (FQDN, Active), sent in report " + report() +
                        " as IOC tq-101, which it shares with indicator 101, timestamp"));
}

TEST_F(Doubles, WhySaysWhenALowerOneIsToCarryIt) {
  crimeware().rows = {{101, "FQDN", "Bad.example.com"}, {103, "FQDN", "last.example.com"}};
  crimeware().rows.insert(crimeware().rows.begin() + 1, {102, "FQDN", "bad.example.com"});
  ASSERT_TRUE(run().ok());
  crimeware().rows.insert(crimeware().rows.begin(), {100, "FQDN", "bad.example.com"});
  EXPECT_THAT(why("bad.example.com", 100),
              HasSubstr(" as IOC tq-101, which it shares with indicator 101, timestamp"));
  EXPECT_THAT(why("bad.example.com", 100), HasSubstr(": the next run writes it as IOC tq-100."));
}

TEST_F(Doubles, WhatCannotBeReadIsToldAndNotGuessed) {
  crimeware().rows = {{101, "FQDN", "bad.EXAMPLE.com"}, {103, "FQDN", "bad.example.com"}};
  ASSERT_TRUE(run().ok());
  for (const std::string& body : {std::string("{\"iocs_v2\":[{"), std::string()}) {
    cloud_.before = [body, gets = 0](const Sent&) mutable -> std::optional<Answer> {
      if (++gets == 1) return std::nullopt;
      return body.empty() ? Answer{500, ""} : Answer{200, body};
    };
    host_.setup.config = settings_.dump();
    const auto explained = host_.explain("", "bad.example.com");
    EXPECT_THAT(explained.text, HasSubstr("whether it stands there as IOC tq-103 cannot be told: "
                                          "cannot read a report of defense.example.net"));
    EXPECT_EQ(explained.outcome.status, TQP_E_TRANSIENT);
  }
}

TEST_F(Doubles, RandomHistoriesLeaveEachValueOnceInEachReport) {
  cloud_.thorough = false;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    host_.restart();
    host_.state.clear();
    cloud_.feeds.clear();
    std::map<uint64_t, std::string> values;  // by id; each value may be there in two cases
    for (int run_no = 0; run_no < 5; ++run_no) {
      for (uint64_t id = 1; id <= 900; ++id) {
        if (random() % 6 == 0) values.erase(id);
        if (random() % 3 != 0) continue;
        values[id] = (random() % 2 == 0 ? "h" : "H") + std::to_string(random() % 300) + ".example";
      }
      crimeware() = {};
      crimeware().id = "17";
      crimeware().batch_rows = 100;
      std::vector<uint64_t> expected;
      std::set<std::string> of_report;
      for (const auto& [id, value] : values) {
        crimeware().rows.push_back({id, "FQDN", value});
        if (of_report.insert(value.substr(1)).second) expected.push_back(id);
        if (ends_report(id, of_report.size(), kFirstTargetBits)) of_report.clear();
      }
      ASSERT_TRUE(run(TQP_RUN_FULL).ok()) << seed;
      ASSERT_EQ(ids(), expected) << "seed " << seed << ", run " << run_no;
      writes();
      ASSERT_TRUE(run().ok()) << seed;
      ASSERT_THAT(writes(), IsEmpty()) << "seed " << seed << ", run " << run_no;
    }
  }
}

}  // namespace
}  // namespace cb_edr
