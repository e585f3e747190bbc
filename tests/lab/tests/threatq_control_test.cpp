// SPDX-License-Identifier: Apache-2.0
// What tests see and change behind the service's back, and what indicators it begins with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "lab/frame/gzip.hpp"
#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::string> values_of(const Json& dump) {
  std::vector<std::string> values;
  for (const Json& row : dump.at("indicators")) values.push_back(row.at("value"));
  return values;
}

TEST(ThreatqControl, TheSameSeedMakesTheSameIndicators) {
  Threatq first({"--generate", "300", "--seed", "9"}), second({"--generate", "300", "--seed", "9"});
  Threatq other({"--generate", "300", "--seed", "10"});
  EXPECT_EQ(first.dump(), second.dump());
  EXPECT_NE(values_of(first.dump()), values_of(other.dump()));
}

TEST(ThreatqControl, GeneratedOnesAreOfManyTypesAndEachOnce) {
  Threatq lab({"--generate", "3000", "--seed", "2"});
  const Json dump = lab.dump();
  std::set<std::pair<std::string, std::string>> pairs;
  std::size_t empty = 0;
  std::uint64_t last = 0;
  for (const Json& row : dump.at("indicators")) {
    const std::string type = row.at("type"), value = row.at("value");
    EXPECT_GE(row.at("id").get<std::uint64_t>(), last + 2);
    last = row.at("id").get<std::uint64_t>();
    EXPECT_LE(row.at("score").get<int>(), 10);
    EXPECT_LE(row.at("created_at"), row.at("updated_at"));
    EXPECT_LE(row.at("updated_at"), row.at("touched_at"));
    const bool exact = type == "FQDN" || type == "MD5" || type == "SHA-256" ||
                       type == "IP Address" || type == "IPv6 Address";
    if (exact) {
      EXPECT_EQ(value.find_first_of(" /"), std::string::npos) << value;
    }
    if (value.empty()) {
      EXPECT_FALSE(exact);
      ++empty;
    } else {
      EXPECT_TRUE(pairs.emplace(type, value).second) << type << ' ' << value;
    }
  }
  EXPECT_GT(empty, 0U);
  const Json by_type = Json::parse(lab.process.dump("summary=1")).at("by_type");
  EXPECT_EQ(by_type.size(), 10U);
  EXPECT_GT(by_type.at("MD5"), by_type.at("SHA-1"));
}

TEST(ThreatqControl, WhatQueriesNamedAndIsNotKnownIsListed) {
  Threatq lab({"--generate", "3"});
  const auto listed = [&] {
    return Json::parse(lab.process.dump("summary=1")).at("unknown_leaves");
  };
  lab.values({{"+and", {{{"type_name", "MD5"}}, {{"value", {{"+contains", "a"}}}}}},
              {"updated_at", {{"+gt", "2020-01-01 00:00:00"}}},
              {"score", {{"+gte", 1}}}});
  EXPECT_EQ(listed(), Json::array());
  EXPECT_EQ(lab.values({{"+or", Json::array({Json{{"update_at", {{"+gt", "x"}}}}})}}).size(), 3U);
  lab.values({{"value", {{"+like", "a"}}}, {"created_at", {{"+on", "2020-01-01 00:00:00"}}}});
  lab.values({{"update_at", 1}, {"score", {{"+eq", 1}}}});
  EXPECT_EQ(listed(), (Json{"criteria.created_at.+on", "criteria.score.+eq", "criteria.update_at",
                            "criteria.value.+like"}));
}

TEST(ThreatqControl, MessyOnesAreMessyEverywhere) {
  Threatq lab({"--generate", "3000", "--messy"});
  const std::vector<std::string> hashes = lab.values({{"type_name", "MD5"}});
  EXPECT_TRUE(std::any_of(hashes.begin(), hashes.end(), [](const std::string& value) {
    return value.starts_with("  ") || value.ends_with(".");
  }));
}

TEST(ThreatqControl, NewestHaveTheHighestIdsAndAreNew) {
  Threatq lab({"--generate", "100"});
  const Json before = lab.dump();
  EXPECT_EQ(lab.process.change(R"({"newest": 7})"), R"({"changed":{"newest":7}})");
  const Json after = lab.dump();
  ASSERT_EQ(after["indicators"].size(), 107U);
  EXPECT_TRUE(std::equal(before["indicators"].begin(), before["indicators"].end(),
                         after["indicators"].begin()));
  const Json fresh = {{"created_at", {{"+gt", "2026-01-01 00:00:01"}}}};
  EXPECT_EQ(lab.values(fresh).size(), 7U);
}

TEST(ThreatqControl, OldestAndRandomOnesGo) {
  Threatq lab({"--generate", "100"});
  const Json before = lab.dump();
  lab.process.change(R"({"oldest": 10})");
  const Json after = lab.dump();
  ASSERT_EQ(after["indicators"].size(), 90U);
  EXPECT_EQ(after["indicators"][0], before["indicators"][10]);
  EXPECT_EQ(lab.query("limit=1").at("total"), 90);

  Threatq twin({"--generate", "100"});
  twin.process.change(R"({"oldest": 10})");
  lab.process.change(R"({"random": 20, "seed": 3})");
  twin.process.change(R"({"random": 20, "seed": 3})");
  EXPECT_EQ(lab.dump()["indicators"].size(), 70U);
  EXPECT_EQ(lab.dump(), twin.dump());
}

TEST(ThreatqControl, TouchedOnesAreFoundByDate) {
  Threatq lab({"--generate", "100"});
  const Json since = {{"touched_at", {{"+gt", "2026-06-01 00:00:00"}, {"+lt", "NOW"}}}};
  EXPECT_TRUE(lab.values(since).empty());
  lab.process.change(R"({"touch": 5, "newest": 2})");
  EXPECT_EQ(lab.values(since).size(), 7U);
}

TEST(ThreatqControl, UnknownChangesAreRefused) {
  Threatq lab;
  for (const char* what :
       {"{}", "[]", "x", R"({"unknown":1})", R"({"newest":-1})", R"({"newest":"x"})",
        R"({"seed":1})", R"({"collection":{"name":"none","private":true}})",
        R"({"connector":{"name":"none"}})", R"({"proxy":1})"})
    EXPECT_EQ(lab.process.call("POST", "/__lab/change", what).status, 400) << what;
}

class Import : public testing::Test {
 protected:
  Import()
      : file(std::filesystem::temp_directory_path() /
             ("tqlab-import-" + std::to_string(::getpid()) + ".jsonl")) {}
  ~Import() override { std::filesystem::remove(file); }

  void write(const std::string& text) const { std::ofstream(file, std::ios::binary) << text; }

  const std::filesystem::path file;
  const std::string two = R"({"type":"FQDN","value":"A.example.com","context":"case 7"})"
                          "\n"
                          R"({"type":"MD5","value":"0123456789abcdef0123456789abcdef"})"
                          "\n"
                          R"({"type":"FQDN","value":"A.example.com","context":"case 8"})"
                          "\n";
};

TEST_F(Import, TakesEachPairOnceWithItsContext) {
  write(two);
  Threatq lab({"--indicators", file.string()});
  EXPECT_THAT(lab.values(Json::object()),
              ElementsAre("A.example.com", "0123456789abcdef0123456789abcdef"));
  const Json row = lab.query("limit=1&sort=id")["data"][0];
  EXPECT_EQ(row.at("attributes")[0].at("name"), "Context");
  EXPECT_EQ(row.at("attributes")[0].at("value"), "case 7");
}

TEST_F(Import, TakesGzip) {
  write(gzip(two));
  Threatq lab({"--indicators", file.string()});
  EXPECT_EQ(lab.dump()["indicators"].size(), 2U);
}

TEST_F(Import, RefusesWhatItDoesNotKnow) {
  write(R"({"type":"Colour","value":"red"})");
  EXPECT_THROW(Threatq({"--indicators", file.string()}), std::runtime_error);
}

}  // namespace
}  // namespace lab
