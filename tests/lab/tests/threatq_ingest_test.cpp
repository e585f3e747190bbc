// SPDX-License-Identifier: Apache-2.0
// Creating and updating indicators: spellings, merging, normalising.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

class Ingest : public testing::Test {
 protected:
  Json details(const Json& record) const {
    return lab.json("GET", lab.path_of(record) + "/details").at("data");
  }
  std::string status(const Json& record) const {
    return details(record).at("status").at("name").get<std::string>();
  }

  Threatq lab;
};

TEST_F(Ingest, TypeAndStatusInAllSpellings) {
  const Json fqdn = lab.json("GET", "/api/indicator/types?name=FQDN").at("data")[0].at("id");
  int number = 0;
  for (const Json& type : {Json{{"type", "FQDN"}}, Json{{"type", {{"name", "FQDN"}}}},
                           Json{{"type", {{"id", fqdn}}}}, Json{{"type_id", fqdn}}}) {
    for (const Json& state : {Json{{"status", "Review"}}, Json{{"status", {{"name", "Review"}}}},
                              Json{{"status", {{"id", 4}}}}, Json{{"status_id", 4}}}) {
      Json item = {{"value", "h" + std::to_string(++number) + ".example.com"}};
      item.update(type);
      item.update(state);
      const Json made = lab.json("POST", "/api/indicators", item);
      ASSERT_TRUE(made.contains("data")) << item;
      EXPECT_EQ(made["data"][0].at("type_id"), fqdn) << item;
      EXPECT_EQ(made["data"][0].at("status_id"), 4) << item;
    }
  }
}

TEST_F(Ingest, AllCallsAnswerAListAndTellWhatExisted) {
  const Json item = {{"type", "FQDN"}, {"value", "a.example.com"}};
  const RawAnswer made = lab.call("POST", "/api/indicators", item.dump());
  EXPECT_EQ(made.status, 201);
  const Json first = Json::parse(made.body).at("data")[0];
  EXPECT_EQ(first.at("existing"), "N");
  for (const char* call : {"/api/indicators", "/api/indicators/consume",
                           "/api/indicators/consume/new", "/api/indicators/consume?normalize=Y"}) {
    const RawAnswer again = lab.call("POST", call, Json::array({item}).dump());
    EXPECT_EQ(again.status, 200) << call;
    const Json row = Json::parse(again.body).at("data")[0];
    EXPECT_EQ(row.at("id"), first.at("id")) << call;
    EXPECT_EQ(row.at("existing"), "Y") << call;
  }
}

TEST_F(Ingest, WithoutAStatusItIsIndirect) {
  EXPECT_EQ(status(lab.put("FQDN", "a.example.com")), "Indirect");
}

TEST_F(Ingest, ANewStatusIsTakenUnlessTheOldOneIsProtected) {
  const Json made = lab.put("FQDN", "a.example.com", {{"status", "Review"}});
  lab.put("FQDN", "a.example.com", {{"status", "Active"}});
  EXPECT_EQ(status(made), "Active");
  lab.put("FQDN", "a.example.com");
  EXPECT_EQ(status(made), "Active") << "left open";
  lab.put("FQDN", "a.example.com", {{"status", "Whitelisted"}});
  lab.put("FQDN", "a.example.com", {{"status", "Active"}});
  EXPECT_EQ(status(made), "Whitelisted");
}

TEST_F(Ingest, DuplicatesOfOneRequestAreOne) {
  const auto item = [](const char* value, const Json& more) {
    Json result = {{"type", "FQDN"}, {"value", value}};
    result.update(more);
    return result;
  };
  const Json body =
      Json::array({item("a.com", {{"status", "Active"}}), item("b.com", {{"status", "Review"}}),
                   item("a.com", {{"status", "Expired"}}), item("b.com", Json::object())});
  const Json made = lab.json("POST", "/api/indicators/consume/new", body).at("data");
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(status(made[0]), "Expired") << "the last one's";
  EXPECT_EQ(status(made[1]), "Indirect") << "the default one";
}

TEST_F(Ingest, ContextMerges) {
  const Json first = lab.put("FQDN", "a.example.com",
                             {{"attributes", {{{"name", "Confidence"}, {"value", "80"}}}},
                              {"sources", {{{"name", "One"}, {"tlp_id", 2}}}},
                              {"tags", {"x"}},
                              {"comments", {{{"value", "seen"}}}},
                              {"published_at", ""},
                              {"last_detected_at", ""},
                              {"adversaries", Json::array()}});
  lab.put("FQDN", "a.example.com",
          {{"attributes",
            {{{"name", "Confidence"}, {"value", "80"}}, {{"name", "Confidence"}, {"value", "90"}}}},
           {"sources", {{{"name", "One"}}, {{"name", "Two"}, {"tlp", {{"name", "GREEN"}}}}}},
           {"tags", {"x", "y"}}});
  const Json all = details(first);
  EXPECT_EQ(all.at("attributes").size(), 2U);
  ASSERT_EQ(all.at("sources").size(), 2U);
  EXPECT_EQ(all["sources"][0].at("tlp_id"), 2);
  EXPECT_EQ(all["sources"][1].at("tlp_id"), 3);
  EXPECT_EQ(all.at("tags").size(), 2U);
  EXPECT_EQ(all.at("comments").size(), 1U);

  lab.put("FQDN", "b.example.com", {{"attributes", {{{"name", "C"}, {"value", "1"}}}}});
  const Json replaced =
      lab.put("FQDN", "b.example.com",
              {{"attributes", {{{"name", "C"}, {"value", "2"}, {"overwrite_existing", true}}}}});
  ASSERT_EQ(details(replaced).at("attributes").size(), 1U);
  EXPECT_EQ(details(replaced)["attributes"][0].at("value"), "2");
}

TEST_F(Ingest, WithoutASourceItIsTheCaller) {
  const Json made = lab.put("FQDN", "a.example.com");
  const Json sources = details(made).at("sources");
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].at("name"), "tq@example.com");
  EXPECT_EQ(sources[0].at("type"), "users");
}

TEST_F(Ingest, NormalisingIsAskedFor) {
  EXPECT_EQ(lab.put("FQDN", " a.example.com ").at("value"), " a.example.com ");
  EXPECT_EQ(lab.put("FQDN", " b.example.com ", {{"normalize", "Y"}}).at("value"), "b.example.com");
  EXPECT_EQ(lab.put("URL", "https://c.example.com:8443/p?q=1:2", {{"normalize", "Y"}}).at("value"),
            "c.example.com/p?q=1:2");
  const Json body = {{{"type", "FQDN"}, {"value", " d.example.com "}}};
  EXPECT_EQ(lab.json("POST", "/api/indicators/consume?normalize=Y", body)["data"][0].at("value"),
            "d.example.com");
}

TEST_F(Ingest, RelationsAreMade) {
  const Json adversary = lab.json("POST", "/api/adversaries", {{"name", "Bear"}}).at("data");
  const Json made = lab.put("FQDN", "a.example.com",
                            {{"adversaries", {{{"id", adversary.at("id")}}}},
                             {"malware", {{{"value", "Emotet"}}}},
                             {"indicators", {{{"value", "192.0.2.1"}, {"type", "IP Address"}}}}});
  const auto linked = [&](const std::string& kind) {
    return lab.json("GET", lab.path_of(made) + '/' + kind).at("data");
  };
  EXPECT_EQ(linked("adversaries")[0].at("name"), "Bear");
  EXPECT_EQ(linked("malware")[0].at("value"), "Emotet");
  EXPECT_EQ(linked("indicators")[0].at("value"), "192.0.2.1");
}

TEST_F(Ingest, WhatIsWrongIsRefusedAndChangesNothing) {
  const std::string good = R"({"type":"FQDN","value":"good.example.com"})";
  for (const char* bad :
       {R"({"type":"FQDN"})", R"({"value":"x"})", R"({"type":"FQDN","value":""})",
        R"({"type":"FQDN","value":null})", R"({"type":"IPv4","value":"192.0.2.1"})",
        R"({"type":"FQDN","value":"x","status":"Great"})",
        R"({"type":"FQDN","value":"x","published_at":"2024-05-01T10:00:00Z"})",
        R"({"type":"FQDN","value":"x","attributes":[{"value":"y"}]})",
        R"({"type":"FQDN","value":"x","sources":["name"]})",
        R"({"type":"FQDN","value":"x","sources":[{"name":"s","tlp":"PURPLE"}]})", "17"})
    EXPECT_EQ(lab.call("POST", "/api/indicators/consume", "[" + good + "," + bad + "]").status, 400)
        << bad;
  EXPECT_EQ(lab.call("POST", "/api/indicators/consume", good).status, 400) << "no list";
  EXPECT_TRUE(lab.dump()["indicators"].empty());
}

// Public clients send parameters and members that no document names; a server does not mind.
TEST_F(Ingest, WhatIsNotKnownIsNotLookedAt) {
  const Json item = {{"type", {{"name", "FQDN"}, {"class", "network"}}},
                     {"value", "good.example.com"},
                     {"colour", 1},
                     {"id", 7},
                     {"normalize", "no"},
                     {"attributes", {{{"name", "a"}, {"value", "b"}, {"colour", 1}}}},
                     {"sources", {{{"name", "s"}, {"colour", 1}}}},
                     {"comments", {{{"value", "c"}, {"colour", 1}}}}};
  for (const char* target : {"/api/indicators/consume?limit=1000&normalize=maybe",
                             "/api/indicators/consume/new?limit=1", "/api/indicators?limit=1&x=y"})
    EXPECT_EQ(lab.call("POST", target, Json::array({item}).dump()).status / 100, 2) << target;
  EXPECT_EQ(lab.dump()["indicators"].size(), 1U);
  EXPECT_EQ(lab.call("POST", "/api/indicators/consume", "[]").status, 200);
  const std::string path = lab.path_of(lab.put("FQDN", "good.example.com"));
  for (const char* part : {"/attributes", "/sources", "/tags"})
    EXPECT_EQ(
        lab.call("POST", path + part + "?limit=1", R"({"name":"n","value":"v","x":1})").status, 201)
        << part;
  EXPECT_EQ(lab.call("POST", "/api/adversaries/consume?limit=1", R"([{"name":"A","id":1}])").status,
            201);
}

TEST_F(Ingest, DatesAreDatesInEveryCentury) {
  for (const char* time : {"2999-01-01 00:00:00", "2106-02-07 06:28:16", "1969-12-31 23:59:59",
                           "9999-12-31 23:59:59", "1601-01-01 00:00:01"}) {
    const Json made =
        lab.put("FQDN", "dated.example.com", {{"published_at", time}, {"last_detected_at", time}});
    const Json read = lab.json("GET", lab.path_of(made)).at("data");
    EXPECT_EQ(read.at("published_at"), time);
    EXPECT_EQ(read.at("last_detected_at"), time);
  }
}

TEST_F(Ingest, ThousandsAtOnce) {
  Json items = Json::array();
  for (int i = 0; i < 2001; ++i)
    items.push_back({{"type", "FQDN"}, {"value", "h" + std::to_string(i) + ".example.com"}});
  EXPECT_EQ(lab.json("POST", "/api/indicators/consume", items).at("data").size(), 2001U);
  EXPECT_EQ(lab.json("POST", "/api/indicators/consume", items).at("data").size(), 2001U);
  EXPECT_EQ(lab.dump()["indicators"].size(), 2001U);
}

}  // namespace
}  // namespace lab
