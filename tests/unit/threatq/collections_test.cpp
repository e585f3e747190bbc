// SPDX-License-Identifier: Apache-2.0
#include "threatq/collections.hpp"

#include <gmock/gmock.h>

#include "unit/threatq/fake_http.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class CollectionsTest : public testing::Test {
 protected:
  CollectionsTest() {
    http_.handler = [this](const Seen& seen) {
      if (seen.target.rfind("/api/token", 0) == 0) return Reply{200, R"({"access_token":"t-123"})"};
      ++lists_;
      return list ? list(seen) : Reply{200, R"({"data":[)" + records + "]}"};
    };
  }
  Result<SavedSearch> find(const std::string& name) {
    Api api(options, http_, world_, log_);
    return find_collection(api, log_, name, cancel_);
  }

  ThreatqOptions options = password_options();
  std::string records;
  std::function<Reply(const Seen&)> list;
  FakeHttp http_;
  FakeWorld world_;
  FakeLog log_;
  Cancel cancel_;
  int lists_ = 0;
};

TEST_F(CollectionsTest, QueryIsFoundInEveryForm) {
  records =
      R"({"id":1,"name":"object","json":{"ui_query":{},"api_query":{"criteria":{"a":1}}}},
         {"id":2,"name":"text","json":"{\"api_query\":{\"filters\":{\"b\":2}}}"},
         {"id":"x3","name":"bare","json":{"criteria":{"c":3},"filters":[]}},
         {"id":4,"name":"all","json":{"api_query":[]}})";
  EXPECT_EQ(dump_json(find("object")->query), R"({"criteria":{"a":1}})");
  EXPECT_EQ(dump_json(find("text")->query), R"({"filters":{"b":2}})");
  EXPECT_EQ(dump_json(find("bare")->query), R"({"criteria":{"c":3},"filters":[]})");
  EXPECT_EQ(dump_json(find("all")->query), "{}");
  EXPECT_EQ(find("object")->id, "1");
  EXPECT_EQ(find("bare")->id, "x3");
}

TEST_F(CollectionsTest, UnknownNameSaysWhatToCheck) {
  records = R"({"id":1,"name":"Crimeware ","json":{"criteria":{}}},{"id":2,"name":null})";
  auto found = find("Crimeware");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, Status::kConfig);
  EXPECT_EQ(found.error().message,
            "Data collection \"Crimeware\" was not found. Check the exact name and that it is "
            "shared with bob@example.com. Near to it are \"Crimeware \". In comma text a name that "
            "has a comma stands in double quotes");
  options = pair_options();
  EXPECT_THAT(find("Crimeware").error().message, HasSubstr("shared with OAuth client ID"));
}

TEST_F(CollectionsTest, UnknownNameNamesThoseThatMayBeMeant) {
  for (const char* name :
       {"Other", "Crimewares", "High risk, Asia", "crimeware", "Crimewear", "Cr"})
    records += (records.empty() ? "" : ",") + std::string(R"({"id":)") +
               std::to_string(records.size()) + R"(,"name":")" + name + R"("})";
  EXPECT_THAT(find("Crimeware").error().message,
              HasSubstr(R"(Near to it are "crimeware", "Crimewares", "Crimewear". )"));
  EXPECT_THAT(find("High risk").error().message, HasSubstr(R"(Near to it are "High risk, Asia". )"))
      << "what comma text made of it";
  EXPECT_THAT(find("Nothing").error().message, testing::Not(HasSubstr("Near to it")));
}

TEST_F(CollectionsTest, OfEqualNamesTheLowestIdIsRead) {
  records =
      R"({"id":10,"name":"A","json":{"criteria":{}}},{"id":"9","name":"A","json":{"criteria":{}}},
               {"id":11,"name":"A","json":{"criteria":{}}})";
  EXPECT_EQ(find("A")->id, "9");
  EXPECT_THAT(log_.text(), HasSubstr("several data collections have the same name"));
}

TEST_F(CollectionsTest, NoQueryIsNotTheWholeThreatq) {
  for (const char* json :
       {R"("{broken")", "null", "{}", R"({"ui_query":{}})", "[]", R"({"api_query":"x"})"}) {
    records = std::string(R"({"id":1,"name":"A","json":)") + json + "}";
    auto found = find("A");
    ASSERT_FALSE(found) << json;
    EXPECT_EQ(found.error().status, Status::kConfig);
    EXPECT_THAT(found.error().message, HasSubstr("holds no query"));
  }
  records = R"({"id":1,"name":"A"})";
  EXPECT_FALSE(find("A"));
}

TEST_F(CollectionsTest, LongListsArePaged) {
  list = [](const Seen& seen) {
    const bool second = seen.target == "/api/search/query?limit=1000&offset=2";
    return Reply{200, second ? R"({"total":3,"data":[{"id":3,"name":"C","json":{"criteria":{}}}]})"
                             : R"({"total":3,"data":[{"id":1,"name":"A"},{"id":2,"name":"B"}]})"};
  };
  EXPECT_EQ(find("C")->id, "3");
}

TEST_F(CollectionsTest, ListsWithoutATotalArePagedToo) {
  list = [](const Seen& seen) {
    const auto item = [](int id) {
      return R"({"id":)" + std::to_string(id) + R"(,"name":"N)" + std::to_string(id) +
             R"(","json":{"criteria":{}}})";
    };
    const size_t at = seen.target.find("offset=");
    const int offset = at == std::string::npos ? 0 : std::stoi(seen.target.substr(at + 7));
    const int most = at == std::string::npos ? 3 : 5;  // its usual page is smaller
    std::string data;
    for (int id = offset + 1; id <= 12 && id <= offset + most; ++id)
      data += (data.empty() ? "" : ",") + item(id);
    return Reply{200, R"({"data":[)" + data + "]}"};
  };
  EXPECT_EQ(find("N12")->id, "12");
  EXPECT_EQ(lists_, 3) << "the last page was shorter than the one before";
}

TEST_F(CollectionsTest, ListsGoOnBeyondATotalThatIsTooLow) {
  list = [](const Seen& seen) {
    const bool first = seen.target == "/api/search/query";
    const bool second = seen.target == "/api/search/query?limit=1000&offset=2";
    return Reply{200, first    ? R"({"total":1,"data":[{"id":1,"name":"A"},{"id":2,"name":"B"}]})"
                      : second ? R"({"data":[{"id":3,"name":"C","json":{"criteria":{}}}]})"
                               : R"({"data":[]})"};
  };
  EXPECT_EQ(find("C")->id, "3");
}

TEST_F(CollectionsTest, ServerThatDoesNotPageIsNotAskedForEver) {
  list = [](const Seen&) { return Reply{200, R"({"total":9,"data":[{"id":1,"name":"A"}]})"}; };
  EXPECT_FALSE(find("C"));
  EXPECT_EQ(lists_, 3) << "once more, since nine are promised";
}

TEST_F(CollectionsTest, AnAnswerThatBringsNothingIsNotBelievedTheFirstTime) {
  const std::string nothing = R"({"total":0,"data":[]})";
  const std::string first = R"({"total":2,"data":[{"id":1,"name":"A"}]})";
  const std::string second = R"({"total":2,"data":[{"id":2,"name":"B","json":{"criteria":{}}}]})";
  const std::vector<std::vector<std::string>> passing = {{nothing, first, second},
                                                         {first, nothing, second}};
  for (const auto& answers : passing) {
    lists_ = 0;
    const uint64_t slept = world_.slept_ms();
    list = [&](const Seen&) { return Reply{200, answers.at(static_cast<size_t>(lists_) - 1)}; };
    const auto found = find("B");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->id, "2");
    EXPECT_GE(world_.slept_ms(), slept + 500);
  }
  lists_ = 0;
  list = [&](const Seen&) { return Reply{200, nothing}; };
  EXPECT_FALSE(find("B"));
  EXPECT_EQ(lists_, 2) << "the second time it is";
}

// With a look at every name for every name this takes minutes.
TEST_F(CollectionsTest, NamesThatAreNearAreFoundAmongVeryMany) {
  const auto item = [](int id, const std::string& name) {
    return R"({"id":)" + std::to_string(id) + R"(,"name":")" + name + R"("})";
  };
  records = item(1, "Crimewares");
  for (int id = 2; id <= 10'001; ++id) records += "," + item(id, "name " + std::to_string(id));
  records += "," + item(10'002, "crimeware");
  EXPECT_THAT(find("Crimeware").error().message, HasSubstr(R"(Near to it are "Crimewares". )"))
      << "no more than 10,000 are looked at";
}

TEST_F(CollectionsTest, RefusalsAreTold) {
  list = [](const Seen&) { return Reply{403, "{}"}; };
  EXPECT_THAT(find("A").error().message, HasSubstr("may read data collections"));
  list = [](const Seen&) { return Reply{200, R"({"data":{}})"}; };
  EXPECT_EQ(find("A").error().status, Status::kAuth);
  list = [](const Seen&) { return Reply{200, "<html>Maintenance</html>"}; };
  EXPECT_EQ(find("A").error().status, Status::kTransient);
  EXPECT_THAT(find("A").error().message, HasSubstr("Maintenance"));
}

ReadSpec spec_of(uint32_t columns, std::optional<int64_t> since = {}) {
  ReadSpec spec;
  spec.columns = columns;
  spec.since_ms = since;
  return spec;
}

Json body_of(const char* query, uint32_t columns, std::optional<int64_t> since = {}) {
  return Json::parse(search_body(Json::parse(query), spec_of(columns, since)));
}

TEST(SearchBody, PassesTheQueryOnUnchanged) {
  const char* query =
      R"({"criteria":{"+or":[{"x-new":{"~":1.50}},{"type_name":"FQDN"}]},"filters":{"z":1,"a":2}})";
  EXPECT_EQ(
      search_body(Json::parse(query), spec_of(kColumnValue | kColumnType)),
      R"({"criteria":{"+or":[{"x-new":{"~":1.5}},{"type_name":"FQDN"}]},"filters":{"z":1,"a":2},"fields":["id","value","type"]})");
}

TEST(SearchBody, NamesTheFieldsThatTheColumnsNeed) {
  EXPECT_EQ(body_of("{}", 0)["fields"], Json::parse(R"(["id"])"));
  EXPECT_EQ(body_of("{}", kColumnStatus | kColumnScore | kColumnUpdated)["fields"],
            Json::parse(R"(["id","status","score","updated_at"])"));
  EXPECT_EQ(body_of("{}", kColumnRaw)["fields"],
            Json::parse(R"(["id","*","attributes.name","attributes.value","sources.name"])"));
}

TEST(SearchBody, AddsADateWithoutTakingAnythingAway) {
  constexpr int64_t kSince = 1'709'251'200'500;
  const Json leaf = Json::parse(R"({"updated_at":{"+gt":"2024-02-29 23:59:59"}})");
  EXPECT_EQ(body_of("{}", 0, kSince)["criteria"], Json({{"+and", Json::array({leaf})}}));
  EXPECT_EQ(body_of(R"({"criteria":[],"filters":[]})", 0, kSince)["criteria"],
            Json({{"+and", Json::array({leaf})}}));
  EXPECT_EQ(body_of(R"({"criteria":{"+and":[{"a":1}],"b":2}})", 0, kSince)["criteria"],
            Json({{"+and", Json::array({Json({{"a", 1}}), leaf})}, {"b", 2}}));
  const Json filtered = body_of(R"({"criteria":{"c":1},"filters":{"+or":[{"a":1}]}})", 0, kSince);
  EXPECT_EQ(filtered["criteria"], Json({{"c", 1}}));
  EXPECT_EQ(filtered["filters"],
            Json({{"+and", Json::array({Json::parse(R"({"+or":[{"a":1}]})"), leaf})}}));
}

TEST(SearchBody, AddsAValueBesideTheRest) {
  ReadSpec spec = spec_of(0);
  spec.value = R"(a"b)";
  EXPECT_EQ(search_body(Json::parse(R"({"criteria":{"c":1}})"), spec),
            R"({"criteria":{"+and":[{"c":1},{"value":"a\"b"}]},"fields":["id"]})");
  spec.since_ms = 1'709'251'200'500;
  EXPECT_EQ(
      search_body(Json::parse(R"({"criteria":{"c":1},"filters":{"+and":[{"a":1}]}})"), spec),
      R"({"criteria":{"c":1},"filters":{"+and":[{"a":1},{"updated_at":{"+gt":"2024-02-29 23:59:59"}},{"value":"a\"b"}]},"fields":["id"]})");
}

// 60 MB that would take gigabytes.
TEST_F(CollectionsTest, AListThatMemoryHasNoRoomForIsAReason) {
  constexpr size_t kBytes = 60 << 20;
  std::string body = R"({"data":[)";
  body.reserve(kBytes + 64);
  while (body.size() < kBytes) body += "[],";
  body += "[]]}";
  list = [&](const Seen&) { return Reply{200, body}; };
  const auto found = find("Crimeware");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, Status::kTransient);
  EXPECT_THAT(found.error().message, HasSubstr("more than 1,000,000 values"));
}

}  // namespace
}  // namespace tq
