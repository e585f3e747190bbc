// SPDX-License-Identifier: Apache-2.0
// `tqhost why`: the texts are golden, because people act on them.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Explain : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    settings_["data_collections"] = {"Crimeware", "Phishing"};
    host_.setup.collections["Phishing"].id = "18";
    crimeware().id = "17";
    crimeware().rows = {
        {12, "IP Address", "198.51.100.7", "Active", 7, 1'700'000'000'999},
        {13, "URL", "https://bad.example.com/", "Active"},
        {14, "SHA-1", std::string(40, 'a'), "Expired"},
        {15, "FQDN", "not a name", "Active"},
        {16, "IPv6 Address", "2001:db8::1", "Active"},
        {17, "MD5", std::string(31, 'b'), "Active"},
    };
  }
  std::string why(const std::string& value, const std::string& type = "", uint64_t id = 0) {
    const auto explained = explain(value, type, id);
    EXPECT_TRUE(explained.outcome.ok()) << explained.outcome;
    return explained.text;
  }
  tqp::fake::Explained explain(const std::string& value, const std::string& type = "",
                               uint64_t id = 0) {
    host_.setup.config = settings_.dump();
    return host_.explain(type, value, id);
  }
  // The line of the first collection.
  std::string fate(const std::string& value, const std::string& type = "") {
    const std::string text = why(value, type);
    const size_t begin = text.find("Collection \"Crimeware\"");
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  // The id of the one report that stands.
  std::string report() { return cloud_.feed("ThreatQ")->reports.begin()->first; }
};

TEST_F(Explain, WhereASentIndicatorStands) {
  ASSERT_TRUE(run().ok());
  const size_t requests = host_.seen.requests.size();
  EXPECT_EQ(why("198.51.100.7"),
            "198.51.100.7 becomes netconn_ipv4 \"198.51.100.7\".\n"
            "Collection \"Crimeware\": indicator 12 (IP Address, Active), sent in report " +
                report() +
                " as IOC tq-12, timestamp 2023-11-14T22:13:20Z.\n"
                "Collection \"Phishing\": holds no such indicator.\n");
  EXPECT_EQ(host_.seen.requests.size(), requests + 1) << "one look at the report";
}

TEST_F(Explain, BeforeTheFirstRun) {
  EXPECT_EQ(why("198.51.100.7"),
            "198.51.100.7 becomes netconn_ipv4 \"198.51.100.7\".\n"
            "Collection \"Crimeware\": indicator 12 (IP Address, Active), not sent yet: the next "
            "run adds it to a report.\n"
            "Collection \"Phishing\": holds no such indicator.\n");
}

TEST_F(Explain, ANewIndicatorBehindTheLastReport) {
  ASSERT_TRUE(run().ok());
  crimeware().rows.push_back({99, "FQDN", "new.example.com"});
  EXPECT_THAT(fate("new.example.com"), HasSubstr(", not sent yet: the next run adds it"));
}

TEST_F(Explain, WhatChangedSinceItsReportWasMade) {
  ASSERT_TRUE(run().ok());
  crimeware().rows[0].value = "198.51.100.8";
  EXPECT_EQ(
      fate("198.51.100.8"),
      "Collection \"Crimeware\": indicator 12 (IP Address, Active), sent in report " + report() +
          " as IOC tq-12 with the value \"198.51.100.7\", timestamp 2023-11-14T22:13:20Z: the "
          "next run writes it again.");
}

TEST_F(Explain, AChangeOfWhatIsNotSentIsNoReasonToWriteItAgain) {
  ASSERT_TRUE(run().ok());
  crimeware().rows[0].status = "Expired";
  crimeware().rows[0].updated_ms += 3'600'000;
  EXPECT_EQ(fate("198.51.100.7"),
            "Collection \"Crimeware\": indicator 12 (IP Address, Expired), sent in report " +
                report() + " as IOC tq-12, timestamp 2023-11-14T22:13:20Z.");
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Explain, WhatCameBetweenTheOthersLaterIsNotSentYet) {
  crimeware().rows.push_back({20, "FQDN", "last.example.com"});
  ASSERT_TRUE(run().ok());
  crimeware().rows.push_back({18, "FQDN", "between.example.com"});
  EXPECT_EQ(
      fate("between.example.com"),
      "Collection \"Crimeware\": indicator 18 (FQDN, Active), not sent yet: the next run adds "
      "it to report " +
          report() + ".");
}

TEST_F(Explain, WhatAnotherScoreMovesIsFoundWhereItStands) {
  settings_["severity"] = "from_score";
  ASSERT_TRUE(run().ok());
  const std::string stands = fate("198.51.100.7");
  crimeware().rows[0].score = 3;
  EXPECT_EQ(fate("198.51.100.7"),
            stands.substr(0, stands.size() - 1) + ", of another severity: the next run moves it.");
}

TEST_F(Explain, AReportThatSomebodyDeletedDoesNotHoldIt) {
  ASSERT_TRUE(run().ok());
  const std::string id = report();
  cloud_.feed("ThreatQ")->reports.clear();
  EXPECT_THAT(fate("198.51.100.7"),
              HasSubstr(", does not stand in ABCD1234 at defense.example.net, where its report " +
                        id + " is not in the feed any more: run once with --full"));
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_THAT(fate("198.51.100.7"), HasSubstr("sent in report " + id));
}

TEST_F(Explain, ThatTheFeedIsInAnotherOrganisation) {
  ASSERT_TRUE(run().ok());
  settings_["org_key"] = "EFGH5678";
  const std::string line = fate("198.51.100.7");
  EXPECT_THAT(line, HasSubstr("written to the organisation ABCD1234 at defense.example.net; in "
                              "EFGH5678 at defense.example.net, which the settings name now"));
  cloud_.complaints.clear();
}

TEST_F(Explain, WithoutCarbonBlackItTellsWhatTheStateKnowsAndFails) {
  ASSERT_TRUE(run().ok());
  cloud_.before = [](const Sent&) { return Answer{403, ""}; };
  const auto explained = explain("198.51.100.7");
  EXPECT_THAT(explained.text,
              HasSubstr("indicator 12 (IP Address, Active), belongs to report " + report() +
                        ", last written with timestamp 2023-11-14T22:13:20Z; whether it stands "
                        "there as IOC tq-12 cannot be told: the API key lacks org.feeds READ"));
  EXPECT_EQ(explained.outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(explained.outcome.message,
            "the answer lacks what stands in Carbon Black Cloud, which cannot be read; put that "
            "right and ask again");
}

TEST_F(Explain, ARefusedReportIsInDoubtAndNamedAsItsDeadLetterIs) {
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.method == "GET" || request.url.find("/reports") == std::string::npos)
      return std::nullopt;
    return Answer{400, R"({"message":"no"})"};
  };
  ASSERT_TRUE(run().ok());
  ASSERT_EQ(host_.seen.rejected.size(), 1u);
  const std::string id = host_.seen.rejected[0].value;
  EXPECT_EQ(fate("198.51.100.7"),
            "Collection \"Crimeware\": indicator 12 (IP Address, Active), in doubt, because its "
            "report " +
                id + " was not acknowledged: the next run sends it as IOC tq-12.");
}

TEST_F(Explain, TheReportIsThatOfTheSeverity) {
  settings_["severity"] = "from_score";
  host_.setup.collections["Phishing"].rows = rows(1, 400);
  ASSERT_TRUE(run().ok());
  for (const auto& row : host_.setup.collections["Phishing"].rows) {
    const std::string text = why(row.value);
    const size_t at = text.find("sent in report ");
    ASSERT_NE(at, std::string::npos) << text;
    const auto& stands = cloud_.feed("ThreatQ")->reports.at(text.substr(at + 15, 36));
    EXPECT_THAT(stands.body, HasSubstr("\"tq-" + std::to_string(row.id) + "\""));
  }
}

TEST_F(Explain, EveryIndicatorOfAManyReportsIsFoundInItsOwn) {
  host_.state["feed/bulk_refused"] = "1";
  fill("Crimeware", 1, 900, "17");
  ASSERT_TRUE(run().ok());
  ASSERT_GT(cloud_.feed("ThreatQ")->reports.size(), 2u);
  for (const auto& row : crimeware().rows) {
    const std::string text = fate(row.value);
    const size_t at = text.find("sent in report ");
    ASSERT_NE(at, std::string::npos) << text;
    const auto& ids = cloud_.feed("ThreatQ")->reports.at(text.substr(at + 15, 36)).ids;
    EXPECT_NE(std::find(ids.begin(), ids.end(), row.id), ids.end()) << row.id;
  }
}

TEST_F(Explain, TheRuleThatLeavesItOut) {
  EXPECT_EQ(fate("https://bad.example.com/"),
            "Collection \"Crimeware\": indicator 13 (URL, Active), left out: type URL is not "
            "exported: only IP Address, IPv6 Address, FQDN, MD5 and SHA-256 are.");
  EXPECT_EQ(fate("not a name"),
            "Collection \"Crimeware\": indicator 15 (FQDN, Active), left out: not a domain name.");
  EXPECT_EQ(fate(std::string(31, 'b')),
            "Collection \"Crimeware\": indicator 17 (MD5, Active), left out: not an MD5 (32 hex "
            "digits).");
}

TEST_F(Explain, TheFirstLineJudgesByTheTypeOrTheForm) {
  const std::string sha1(40, 'a'), md5(32, 'A'), sha256(64, '0');
  const std::string none =
      ": not an IP address, not a domain name, not an MD5 (32 hex digits), not a SHA-256 (64 hex "
      "digits).";
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"Bad.Example.COM.", "", "Bad.Example.COM. becomes netconn_domain \"bad.example.com\"."},
      {"2001:db8::1", "", "2001:db8::1 becomes netconn_ipv6 \"20010DB8000000000000000000000001\"."},
      {md5, "", md5 + " becomes process_hash \"" + std::string(32, 'a') + "\"."},
      {sha256, "sha-256", sha256 + " becomes process_hash \"" + sha256 + "\"."},
      {"192.0.2.7/32", "", "192.0.2.7/32 becomes netconn_ipv4 \"192.0.2.7\"."},
      {"::ffff:192.0.2.7", "", "::ffff:192.0.2.7 becomes netconn_ipv4 \"192.0.2.7\"."},
      {"bad.example.com/", "", "bad.example.com/ becomes netconn_domain \"bad.example.com\"."},
      {"b\xC3\xBC.example", "", "b\xC3\xBC.example becomes netconn_domain \"xn--b-eha.example\"."},
      {"\xE2\x98\x83.example", "FQDN",
       "\xE2\x98\x83.example is not exported: a domain name with a character that names must not "
       "have (IDNA)."},
      {"192.0.2.0/24", "", "192.0.2.0/24 is not exported: a CIDR block, not one IP address."},
      {"http://a.example/b", "", "http://a.example/b is not exported" + none},
      {sha1, "", sha1 + " is not exported" + none},
      {sha1, "SHA-1",
       sha1 + ": type SHA-1 is not exported: only IP Address, IPv6 Address, FQDN, MD5 and SHA-256 "
              "are."},
      {md5, "SHA-256", md5 + " is not exported: not a SHA-256 (64 hex digits)."},
      {"a\nb", "", "a?b is not exported" + none},
      {"192[.]0.2.7", "IP Address", "192[.]0.2.7 is not exported: not an IP address."},
  };
  for (const auto& [value, type, line] : cases)
    EXPECT_THAT(why(value, type), StartsWith(line + "\n"));
}

TEST_F(Explain, AValueIsFoundInItsUsualFormToo) {
  crimeware().rows.push_back({20, "FQDN", "bad.example.com"});
  EXPECT_THAT(fate(" Bad.Example.COM."), HasSubstr("indicator 20 (FQDN"));
  EXPECT_THAT(fate("2001:0DB8:0:0::1"), HasSubstr("indicator 16 (IPv6 Address"));
  EXPECT_THAT(fate(" 2001:0DB8::1 "), HasSubstr("indicator 16 (IPv6 Address"));
}

TEST_F(Explain, AValueIsFoundAsThreatqSpellsIt) {
  const std::string md5(32, 'a');
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"MD5", std::string(32, 'A'), md5},
      {"FQDN", "BAD.EXAMPLE.COM", "bad.example.com"},
      {"FQDN", "http://bad.example.com", "bad.example.com"},
      {"FQDN", "bad.example.com.", "http://bad.example.com/"},
      {"FQDN", " bad.example.com ", " bad.example.com "},
      {"IPv6 Address", "2001:0DB8:0000:0000:0000:0000:0000:00F1", "2001:db8::f1"},
      {"IPv6 Address", "2001:db8:0:0:0:0:0:f1", "2001:DB8::F1"},
      {"IPv6 Address", "2001:db8::f1/128", "2001:db8::f1"},
      {"IPv6 Address", "::ffff:192.0.2.1", "192.0.2.1"},
      {"IPv6 Address", "::ffff:c000:201", "::FFFF:192.0.2.1"},
      {"IP Address", "192.0.2.1", "::ffff:192.0.2.1"},
      {"IP Address", "192.0.2.1/32", "192.0.2.1"},
      {"FQDN", "bad.example.com/", "bad.example.com"},
      {"FQDN",
       "b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"FQDN", "xn--bcher-kva.example",
       "B\xC3\xBC"
       "cher.example"},
  };
  for (const auto& [type, stored, asked] : cases) {
    crimeware().rows = {{30, type, stored}};
    EXPECT_THAT(fate(asked), HasSubstr("indicator 30 (" + type)) << stored;
  }
}

TEST_F(Explain, WhatIsTypedIsTrimmedAsValuesAre) {
  crimeware().rows = {{30, "FQDN", "bad.example.com"}, {31, "IP Address", "192.0.2.1"}};
  EXPECT_THAT(fate("\xEF\xBB\xBF"
                   "bad.example.com\xC2\xA0"),
              HasSubstr("indicator 30 (FQDN"));
  EXPECT_THAT(fate("\xE2\x80\x8B"
                   "192.0.2.1\xE2\x80\xAF"),
              HasSubstr("indicator 31 (IP"));
  EXPECT_THAT(fate("\xC2\xA0"
                   "192.0.2.1/32"),
              HasSubstr("indicator 31 (IP"));
  EXPECT_THAT(fate("192.0.2.1",
                   "IP\xC2\xA0"
                   "Address"),
              HasSubstr("indicator 31 (IP"));
}

TEST_F(Explain, AnotherSpellingThatMeansAnotherThingIsLeftOut) {
  crimeware().rows = {{30, "URL", "http://bad.example.com"}, {31, "FQDN", "bad.example.com"}};
  const std::string text = why("bad.example.com");
  EXPECT_THAT(text, HasSubstr("indicator 31 (FQDN"));
  EXPECT_THAT(text, testing::Not(HasSubstr("indicator 30")));
}

TEST_F(Explain, TypeAndIdNarrowIt) {
  crimeware().rows.push_back({20, "FQDN", "198.51.100.7"});
  EXPECT_THAT(fate("198.51.100.7", "ipaddress"), HasSubstr("indicator 12 (IP Address"));
  EXPECT_THAT(fate("198.51.100.7", "FQDN"), HasSubstr("indicator 20 (FQDN"));
  const std::string text = why("198.51.100.7", "", 20);
  EXPECT_THAT(text, HasSubstr("indicator 20"));
  EXPECT_THAT(text, testing::Not(HasSubstr("indicator 12")));
  EXPECT_THAT(why("198.51.100.7"),
              testing::AllOf(HasSubstr("indicator 12"), HasSubstr("indicator 20")));
}

TEST_F(Explain, WhatNoCollectionHolds) {
  const std::string nowhere =
      "gone.example.com becomes netconn_domain \"gone.example.com\".\n"
      "Collection \"Crimeware\": holds no such indicator.\n"
      "Collection \"Phishing\": holds no such indicator.\n"
      "ThreatQ was asked for \"gone.example.com\", \"GONE.EXAMPLE.COM\", \"gone.example.com.\", "
      "\"gone.example.com/\", \"http://gone.example.com\", \"https://gone.example.com\"; another "
      "spelling of it would not be found.\n";
  EXPECT_EQ(why("gone.example.com"),
            nowhere + "Nothing of this instance stands in Carbon Black Cloud's feed yet.\n");
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(why("gone.example.com"),
            nowhere +
                "The state keeps no values, so whether an earlier run sent it cannot be told. If "
                "it did, the next run takes it out of the feed.\n");
}

TEST_F(Explain, ACollectionThatCannotBeReadDoesNotHideTheOthers) {
  ASSERT_TRUE(run().ok());
  host_.setup.collections.erase("Phishing");
  crimeware().rows.clear();
  crimeware().fail_after_rows = 0;
  const auto explained = explain("198.51.100.7");
  EXPECT_EQ(explained.text,
            "198.51.100.7 becomes netconn_ipv4 \"198.51.100.7\".\n"
            "Collection \"Crimeware\" cannot be read: ThreatQ: the connection was reset\n"
            "Collection \"Phishing\" cannot be read: Data collection \"Phishing\" was not found. "
            "Check the exact name and that it is shared with the user of this instance\n"
            "The state keeps no values, so whether an earlier run sent it cannot be told. If it "
            "did, it stays in the feed until every collection can be read again.\n");
  EXPECT_EQ(explained.outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(explained.outcome.message,
            "the answer lacks what ThreatQ holds in \"Crimeware\", \"Phishing\", which cannot be "
            "read; put that right and ask again");
}

TEST_F(Explain, AStopEndsItAndNoValueIsRefused) {
  host_.setup.config = settings_.dump();
  host_.setup.cancel_at = 1;
  EXPECT_EQ(host_.explain("", "198.51.100.7").outcome.status, TQP_CANCELLED);
  host_.restart();
  EXPECT_EQ(host_.explain("", "").outcome.status, TQP_E_UNSUPPORTED);
  EXPECT_THAT(host_.state, IsEmpty());
}

}  // namespace
}  // namespace cb_edr
