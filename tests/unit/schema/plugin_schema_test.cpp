// SPDX-License-Identifier: Apache-2.0
#include "schema/plugin_schema.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string with(const std::string& members) {
  return R"({"$schema": "http://json-schema.org/draft-07/schema#", )" + members + "}";
}

std::string refusal(const std::string& members) {
  const auto schema = PluginSchema::parse(with(members), "p.json");
  return schema ? "accepted" : schema.error().message;
}

std::string properties(const std::string& text) {
  return R"("type": "object", "additionalProperties": false, "properties": {)" + text + "}";
}

// The values after apply(), which finds nothing wrong.
struct Applied {
  PluginSettings settings;
  std::vector<std::string> problems;
};
Applied applied(const std::string& property_texts, const std::string& config) {
  Applied out;
  const auto schema = PluginSchema::parse(with(properties(property_texts)), "p.json");
  if (!schema) {
    out.problems.push_back(schema.error().message);
    return out;
  }
  for (const Problem& problem : (*schema)->apply(*parse_json(config, "config"), &out.settings))
    out.problems.push_back(problem.pointer + " " + problem.message);
  return out;
}

std::string values(const std::string& property_texts, const std::string& config) {
  const Applied out = applied(property_texts, config);
  return out.problems.empty() ? dump_json(out.settings.values) : out.problems.front();
}

TEST(Parse, NamesWhatIsWrongWithASchema) {
  const std::pair<const char*, const char*> table[] = {
      {R"("x-ordr": 1)", "p.json: /x-ordr is not a known keyword; did you mean \"x-order\"?"},
      {R"("properties": {"a": {"type": "string", "x-host": 1}})",
       "p.json: /properties/a/x-host is 1, but true or false is needed"},
      {R"("properties": {"a": {"type": "sting"}})",
       "p.json: /properties/a/type is \"sting\", but one of \"array\", \"boolean\", \"integer\", "
       "\"null\", \"number\", \"object\" or \"string\" or a list, each entry one of \"array\", "
       "\"boolean\", \"integer\", \"null\", \"number\", \"object\" or \"string\", is needed"},
      {R"("properties": {"a": {"pattern": "["}})",
       "p.json: /properties/a/pattern is no regular expression: ["},
      {R"("properties": {"a": {"$ref": "other.json"}})",
       "p.json: /properties/a/$ref is \"other.json\", but a text such as \"#/definitions/name\" "
       "is needed"},
      {R"("properties": {"a": {"$ref": "#/nowhere"}})",
       "p.json: /properties/a/$ref leads nowhere: #/nowhere"},
      {R"("allOf": [{"$ref": "#"}])", "p.json: the schema refers to itself without end"},
      {R"("properties": {"a": {"type": "integer", "minimum": 1, "default": 0}})",
       "p.json: /properties/a/default is 0, but a whole number of at least 1 is needed"},
      {R"("x-min-interval": "soon")",
       "p.json: /x-min-interval is \"soon\", but a text such as \"1h\" is needed"},
      {R"("properties": {"a": {"format": "hostname"}})",
       "p.json: /properties/a/format is \"hostname\", but one of \"password\", \"uri\", \"ipv4\", "
       "\"date\", \"time\" or \"date-time\" is needed"},
  };
  for (const auto& [members, message] : table) {
    const std::string got = refusal(members);
    EXPECT_EQ(got.substr(0, got.find('\n')), message) << members;
  }
}

TEST(Parse, RefusesWhatIsNoSchemaAtAll) {
  for (const char* text : {"", "[]", "true", "{", R"({"a": 1, "a": 2})", "{}",
                           R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})"}) {
    const auto schema = PluginSchema::parse(text, "p.json");
    ASSERT_FALSE(schema) << text;
    EXPECT_EQ(schema.error().status, Status::kConfig);
    EXPECT_THAT(schema.error().message, HasSubstr("p.json"));
  }
}

TEST(Parse, IsNotTrickedIntoEndlessWork) {
  EXPECT_THAT(refusal(R"("properties": {"a": )" + std::string(10'000, '[') + "}"),
              HasSubstr("nested deeper than 64 levels"));
  std::string doubling = R"("allOf": [{"$ref": "#/definitions/d0"}], "definitions": {)";
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref": "#/definitions/d)" + std::to_string(i + 1) + "\"}";
    doubling += "\"d" + std::to_string(i) + R"(": {"allOf": [)" + next + "," + next + "]},";
  }
  EXPECT_THAT(refusal(doubling + R"("d40": {}})"), HasSubstr("too many schemas to one value"));
  EXPECT_EQ(refusal(R"("properties": {"a": {"$ref": "#"}}, "additionalProperties": false)"),
            "accepted")
      << "referring to itself inside a value ends with the value";
}

TEST(Parse, TakesEveryKeywordOfOurs) {
  EXPECT_EQ(refusal(R"("x-default-schedule": "every 2h", "x-min-interval": "1h",
      "properties": {"a": {"type": "string", "enum": ["x"], "x-order": 1, "x-group": "G",
      "x-enum-labels": {"x": "X"}, "x-discover": "list", "x-when": {"b": true}, "x-since": "1.1.0",
      "x-renamed-from": ["old"], "x-example": "x", "x-lines": 3},
      "h": {"type": "string", "x-host": true, "x-https": true}, "u": {"type": "string", "x-url": true},
      "f": {"type": "string", "x-file": true}, "c": {"type": "array", "x-comma": true}})"),
            "accepted");
}

TEST(Apply, SplitsCommaText) {
  const char* list = R"("l": {"type": "array", "x-comma": true, "items": {"type": "string"}})";
  EXPECT_EQ(values(list, R"({"l": " a, b ,,a"})"), R"({"l":["a","b"]})");
  EXPECT_EQ(values(list, R"({"l": ""})"), R"({"l":[]})");
  EXPECT_EQ(values(list, R"({"l": [" a ", "", "b,c", "a"]})"), R"({"l":["a","b,c"]})");
}

TEST(Apply, CutsHostsAndUrls) {
  const char* fields =
      R"("h": {"type": "string", "x-host": true}, "u": {"type": "string", "x-url": true})";
  EXPECT_EQ(values(fields, R"({"h": " https://a.example:8443/x ", "u": " https://a.example/x "})"),
            R"({"h":"a.example:8443","u":"https://a.example/x"})");
  EXPECT_EQ(values(fields, R"({"h": "[2001:db8::1]:443"})"), R"({"h":"[2001:db8::1]:443"})");
  EXPECT_EQ(values(fields, R"({"h": ""})"), R"({"h":""})") << "empty is not set";
}

TEST(Apply, TakesHttpsOnlyWhereTheRemoteSpeaksNothingElse) {
  const char* fields = R"("h": {"type": "string", "x-host": true, "x-https": true},
      "u": {"type": "string", "x-url": true, "x-https": true})";
  EXPECT_EQ(values(fields, R"({"h": " https://A.example/x ", "u": "https://a.example/x"})"),
            R"({"h":"a.example","u":"https://a.example/x"})");
  EXPECT_THAT(values(fields, R"({"h": "http://a.example/x"})"),
              HasSubstr(R"(/h is "http://a.example", but )"));
  EXPECT_THAT(values(fields, R"({"h": "http://a.example"})"),
              HasSubstr(R"(speaks https only: write "a.example")"));
  EXPECT_THAT(values(fields, R"({"u": "HTTP://a.example/x"})"), HasSubstr("speaks https only"));
}

TEST(Apply, TakesNumbersFromTextWhereTextIsNot) {
  const char* fields = R"("n": {"type": "integer", "maximum": 9}, "b": {"type": "boolean"},
      "s": {"type": "string"}, "e": {"type": ["integer", "string"], "enum": [1, 2, "auto"]})";
  EXPECT_EQ(values(fields, R"({"n": "7", "b": "true", "s": "7", "e": "2"})"),
            R"({"n":7,"b":true,"s":"7","e":2})");
  EXPECT_EQ(values(fields, R"({"n": "10"})"),
            R"(/n is "10", but a whole number of at most 9 is needed)");
  EXPECT_EQ(values(fields, R"({"n": "07"})"),
            R"(/n is "07", but a whole number of at most 9 is needed)");
}

TEST(Apply, FillsDefaultsAlsoOfMissingObjects) {
  const char* fields = R"("a": {"type": "integer", "default": 5},
      "o": {"type": "object", "properties": {"x": {"type": "string", "default": "X"},
                                             "y": {"type": "string"}}},
      "needs": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "z": {"type": "integer", "default": 1}}})";
  const Applied none = applied(fields, "{}");
  EXPECT_THAT(none.problems, IsEmpty());
  EXPECT_EQ(dump_json(none.settings.values), R"({"a":5,"o":{"x":"X"}})");
  EXPECT_EQ(none.settings.defaulted, (std::map<std::string, bool>{{"/a", true}, {"/o/x", true}}));
  const Applied some = applied(fields, R"({"a": 6, "o": {"y": "Y"}, "needs": {"id": "i"}})");
  EXPECT_EQ(dump_json(some.settings.values),
            R"({"a":6,"o":{"y":"Y","x":"X"},"needs":{"id":"i","z":1}})");
  EXPECT_EQ(dump_json(applied(fields, "null").settings.values), R"({"a":5,"o":{"x":"X"}})");
}

TEST(Apply, MovesRenamedKeys) {
  const char* fields = R"("key": {"type": "string", "x-renamed-from": ["older", "old"]})";
  EXPECT_EQ(values(fields, R"({"old": "v"})"), R"({"key":"v"})");
  EXPECT_EQ(values(fields, R"({"older": "v"})"), R"({"key":"v"})");
  EXPECT_EQ(values(fields, R"({"old": "v", "key": "w"})"),
            R"(/old is the old name of "key", which is there too; remove one)");
}

TEST(Apply, LeavesSecretsAndListsThem) {
  const char* fields = R"("t": {"type": "string", "writeOnly": true},
      "o": {"type": "object", "properties": {"p": {"type": "string", "writeOnly": true}}},
      "l": {"type": "array", "items": {"type": "string", "writeOnly": true}})";
  const Applied out =
      applied(fields, R"({"t": " x ", "o": {"p": {"env": "P"}}, "l": ["a", {"file": "/f"}]})");
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_EQ(dump_json(out.settings.values),
            R"({"t":" x ","o":{"p":{"env":"P"}},"l":["a",{"file":"/f"}]})");
  EXPECT_THAT(out.settings.secrets, ElementsAre("/t", "/o/p", "/l/0", "/l/1"));
  const auto schema = PluginSchema::parse(with(properties(fields)), "p.json");
  EXPECT_THAT((*schema)->secret_pointers(), ElementsAre("/t", "/o/p"));
}

TEST(Apply, RefusesTextsThatPatternsWouldChokeOn) {
  const char* fields = R"("s": {"type": "string", "maxLength": 5000, "pattern": "^(a|b)*$"},
      "free": {"type": "string"})";
  const auto config = [](const char* key, size_t size) {
    return "{\"" + std::string(key) + "\": \"" + std::string(size, 'a') + "\"}";
  };
  EXPECT_EQ(values(fields, config("s", 2048)), "{\"s\":\"" + std::string(2048, 'a') + "\"}");
  for (const size_t size : {2049u, 1'000'000u})
    EXPECT_EQ(values(fields, config("s", size)), "/s is too long: at most 2048 bytes are allowed");
  EXPECT_EQ(applied(fields, config("free", 1'000'000)).problems, std::vector<std::string>());
  EXPECT_EQ(values(R"("n": {"not": {"pattern": "b"}})", config("n", 1'000'000)),
            " holds a text that is too long to be checked")
      << "also where no message comes of it";
}

}  // namespace
}  // namespace tq
