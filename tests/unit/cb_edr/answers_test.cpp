// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "digest.hpp"

#include <gmock/gmock.h>

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using tqp::JsonReader;

// Gives a text in pieces, and then ends or breaks off.
struct Pieces {
  std::string text;
  size_t piece;
  bool breaks = false;
  size_t at = 0;

  tqp::Result<size_t> read(char* out, size_t capacity) {
    if (at == text.size() && breaks) return tqp::Error{TQP_E_TRANSIENT, "the body was cut"};
    const size_t n = std::min({capacity, piece, text.size() - at});
    text.copy(out, n, at);
    at += n;
    return n;
  }
};

const std::string kReports =
    R"({"more":{"results":[1]},"results":[
  {"id":"a","timestamp":1718000000,"description":"x (revision 0123456789abcdef).","tags":null,
   "iocs_v2":[{"id":"tq-1","values":["192.0.2.1"],"timestamp":5},{"id":"\"results\"","values":["]}"]}]},
  {"timestamp":7,"id":"b","description":null,"iocs":{"md5":[]}},
  {"id":"c","timestamp":1.5e3,"description":"(revision 0123)."}],"total":3})";

TEST(Answers, ReportsAreReadInPiecesOfAnySize) {
  for (const size_t piece : {1u, 2u, 7u, 64u, 100'000u}) {
    Pieces source{kReports, piece};
    JsonReader reader(source);
    const auto reports = read_reports(reader);
    ASSERT_TRUE(reports.ok()) << reports.error().message;
    ASSERT_THAT(*reports, SizeIs(3));
    EXPECT_EQ((*reports)[0].id, "a");
    EXPECT_EQ((*reports)[0].timestamp_s, 1718000000);
    EXPECT_EQ((*reports)[0].revision, "0123456789abcdef");
    EXPECT_EQ((*reports)[1].id, "b");
    EXPECT_EQ((*reports)[1].timestamp_s, 7);
    EXPECT_EQ((*reports)[1].revision, "");
    EXPECT_EQ((*reports)[2].timestamp_s, 0) << "not whole seconds";
  }
}

TEST(Answers, ACutListIsNoListWhereverItIsCut) {
  for (size_t length = 0; length < kReports.size(); ++length)
    for (const bool breaks : {false, true}) {
      Pieces source{kReports.substr(0, length), 50, breaks};
      JsonReader reader(source);
      const auto reports = read_reports(reader);
      ASSERT_FALSE(reports.ok()) << length;
      EXPECT_EQ(reports.error().status, TQP_E_TRANSIENT) << length;
    }
}

TEST(Answers, ADamagedListIsNoList) {
  for (const char* text :
       {"", "[]", "7", "{}", R"({"results":null})", R"({"results":[7]})", R"({"results":[{}]} x)",
        R"({"results":[{"id":}]})", R"({"results":[{"id":"a",}]})", "<html>",
        "{\"results\":[{\"id\":\"\xff\"}]}"}) {
    JsonReader reader{std::string_view(text)};
    const auto reports = read_reports(reader);
    ASSERT_FALSE(reports.ok()) << text;
    EXPECT_EQ(reports.error().status, TQP_E_TRANSIENT) << text;
  }
}

TEST(Answers, Feeds) {
  JsonReader reader{std::string_view(
      R"({"results":[{"name":"ThreatQ","id":"F1","summary":null,"category":7,"provider_url":"u",
         "reports":[{"id":"no"}]},{"id":"F2","name":"\u00e9","summary":"s"}]})")};
  const auto feeds = read_feeds(reader);
  ASSERT_TRUE(feeds.ok());
  ASSERT_THAT(*feeds, SizeIs(2));
  EXPECT_EQ((*feeds)[0].id, "F1");
  EXPECT_EQ((*feeds)[0].summary, "");
  EXPECT_EQ((*feeds)[0].provider_url, "u");
  EXPECT_EQ((*feeds)[1].name, "\xc3\xa9");
}

TEST(Answers, Watchlists) {
  const std::string_view text =
      R"({"results":[{"id":"W1","classifier":null,"report_ids":["F1"]},
         {"classifier":{"key":"feed_id","value":"F1"},"id":"W2","description":null},
         {"id":"W3","classifier":{"value":"F2","key":"feed_id"},"name":"n","description":"d"}]})";
  JsonReader reader{text};
  const auto all = read_watchlists(reader);
  ASSERT_TRUE(all.ok());
  ASSERT_THAT(*all, SizeIs(3));
  EXPECT_EQ((*all)[0].feed_id, "");
  EXPECT_EQ((*all)[1].id, "W2");
  EXPECT_EQ((*all)[1].feed_id, "F1");
  EXPECT_EQ((*all)[2].feed_id, "F2");
  EXPECT_EQ((*all)[2].name, "n");
  EXPECT_EQ((*all)[2].description, "d");
}

TEST(Answers, WhatAnAnswerSaysOfAWrite) {
  const auto said = [](auto read, std::string_view text) {
    JsonReader reader{text};
    const auto yes = read(reader);
    return !yes.ok() ? "error: " + yes.error().message : std::string(*yes ? "yes" : "no");
  };
  const auto success = [&](std::string_view text) { return said(says_success, text); };
  EXPECT_EQ(success(R"({"a":[{"success":true}],"success":true})"), "yes");
  for (const char* no : {R"({"success":false})", R"({"success":"true"})", R"({"error":"x"})", "{}"})
    EXPECT_EQ(success(no), "no") << no;
  EXPECT_THAT(success(R"({"success":true,"errorMessage":"quota"})"), HasSubstr("\"quota\""));
  for (const char* wrong : {"[]", "OK", "", R"({"success":tr)", R"({"success":true)", "7"})
    EXPECT_THAT(success(wrong), HasSubstr("error: ")) << wrong;
  const auto stored = [&](std::string_view text) {
    return said([](JsonReader& reader) { return says_stored(reader, "r1", 7); }, text);
  };
  EXPECT_EQ(stored(R"({"iocs_v2":[{"id":"x"}],"timestamp":7,"id":"r1"})"), "yes");
  EXPECT_EQ(stored(R"({"timestamp":8,"id":"r1"})"), "no");
  EXPECT_EQ(stored(R"({"timestamp":7,"id":"r2"})"), "no");
  EXPECT_EQ(stored(R"({"success":true})"), "no");
}

TEST(Answers, AReportThatLooksOursHasARevisionAndAnIdOfOurForm) {
  ReportHead head;
  head.id = name_uuid({"a", "b"});
  EXPECT_FALSE(head.looks_ours());
  head.revision = "0123456789abcdef";
  EXPECT_TRUE(head.looks_ours());
  for (const char* other : {"theirs", "00112233-4455-4677-8899-aabbccddeeff", ""}) {
    head.id = other;
    EXPECT_FALSE(head.looks_ours()) << other;
  }
}

TEST(Answers, ExplanationOfARefusal) {
  EXPECT_EQ(explanation(R"({"error_code":"X","message":"why"})"), "why");
  EXPECT_EQ(explanation(R"({"errorMessage":"why","x":)"), "why");
  EXPECT_EQ(explanation("plain"), "plain");
  for (const char* nothing : {"", "{}", "{", "<html>why</html>", R"({"message":7})"})
    EXPECT_EQ(explanation(nothing), "") << nothing;
  EXPECT_THAT(explanation(R"({"message":")" + std::string(5000, 'm') + "\"}"), SizeIs(200));
  EXPECT_THAT(explanation(std::string(5000, 'm')), SizeIs(200));
  // The host looks for half a secret in front of the mark.
  EXPECT_THAT(explanation(std::string(5000, 'm')), testing::EndsWith("m..."));
}

}  // namespace
}  // namespace cb_edr
