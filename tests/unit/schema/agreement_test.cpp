// SPDX-License-Identifier: Apache-2.0
// Our own walk, which makes the messages, and valijson, which is the judge, say the same of every
// value: by the public draft-07 test suite where it is installed, and by a table of our own.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/file.hpp"
#include "schema/subschema.hpp"
#include "schema/validator.hpp"
#include "schema/walk.hpp"

namespace tq {
namespace {

constexpr const char* kSuite = "/usr/share/json-schema-test-suite/tests/draft7";

struct Verdicts {
  bool judge = false;
  bool walk = false;
};

Verdicts verdicts(const Json& schema, const Validator& judge, const Json& value) {
  return {judge.validate(value).empty(), fits(schema, schema, value)};
}

// Documents elsewhere, and names for places in one, are refused by PluginSchema::parse().
bool refers_elsewhere(const Json& schema) {
  bool found = false;
  for_each_subschema(schema, "", [&](const Json& inner, const std::string&) {
    const Json* ref = keyword(inner, "$ref");
    const bool elsewhere = ref != nullptr && ref->is_string() && *ref != "#" &&
                           ref->get<std::string>().rfind("#/", 0) != 0;
    found = found || elsewhere || (keyword(inner, "$id") != nullptr && ref != nullptr);
  });
  return found || dump_json(schema).find("\"$id\":") != std::string::npos;
}

TEST(Agreement, WithThePublicTestSuite) {
  if (!std::filesystem::is_directory(kSuite))
    GTEST_SKIP() << "json-schema-test-suite is not installed";
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kSuite)) {
    if (entry.path().extension() != ".json") continue;
    const auto text = read_file(entry.path(), 1 << 20);
    ASSERT_TRUE(text);
    const auto groups = parse_json(*text, entry.path().string());
    ASSERT_TRUE(groups) << groups.error().message;
    for (const Json& group : *groups) {
      const Json& schema = group["schema"];
      if (refers_elsewhere(schema)) continue;
      const auto judge = Validator::create(schema, "a schema");
      ASSERT_TRUE(judge) << judge.error().message;
      for (const Json& test : group["tests"]) {
        const Verdicts got = verdicts(schema, **judge, test["data"]);
        const std::string name = entry.path().filename().string() + ": " +
                                 text_at(group, "description") + ": " +
                                 text_at(test, "description");
        EXPECT_EQ(got.judge, test["valid"]) << "judge, " << name;
        EXPECT_EQ(got.walk, test["valid"]) << "walk, " << name;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 380);
}

TEST(Agreement, OnWhatOurSchemasUse) {
  const std::pair<const char*, std::vector<const char*>> table[] = {
      {R"({"type": ["integer", "string"], "enum": [1, 2, "from_score"]})",
       {"1", "3", "\"from_score\"", "\"x\"", "null", "true"}},
      {R"({"type": "integer", "minimum": 1, "maximum": 10})",
       {"0", "1", "10", "11", "1.5", "\"1\"", "18446744073709551615", "-9223372036854775808"}},
      {R"({"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[^\\u0000-\\u001f]*$"})",
       {"\"a\"", "\"ab\"", "\"äöü\"", "\"äöüß\"", "\"a\\nb\"", "\"a\\u0000b\"", "1"}},
      {R"({"type": "object", "additionalProperties": false, "required": ["a"],
           "properties": {"a": {"type": ["string", "null"]}, "b": {"$ref": "#/properties/a"}}})",
       {"{}", R"({"a": null})", R"({"a": 1})", R"({"a": "", "b": 2})", R"({"a": "", "c": 1})",
        "[]"}},
      {R"({"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true,
           "items": {"type": "string", "minLength": 1}})",
       {"[]", R"(["a"])", R"(["a", "a"])", R"(["a", "b", "c"])", R"([""])", "{}"}},
      {R"({"oneOf": [{"type": "integer", "minimum": 1}, {"const": "auto"},
                     {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}]})",
       {"0", "1", "\"auto\"", "\"x\"", "{}", R"({"x": 1})", R"({"x": "1"})"}},
      {R"({"type": "object", "properties": {"p": {"type": "string", "writeOnly": true, "minLength": 3}}})",
       {R"({"p": "abc"})", R"({"p": "ab"})", R"({"p": {"env": "X"}})", R"({"p": 1})",
        R"({"p": []})"}},
      {R"({"if": {"properties": {"m": {"const": "a"}}}, "then": {"required": ["x"]},
           "else": {"required": ["y"]}, "type": "object"})",
       {R"({"m": "a"})", R"({"m": "a", "x": 1})", R"({"m": "b", "x": 1})",
        R"({"m": "b", "y": 1})"}},
      {R"({"format": "date-time"})", {"\"2026-11-23T08:30:00Z\""}},
  };
  for (const auto& [schema_text, values] : table) {
    const Json schema = *parse_json(schema_text, "schema");
    const auto judge = Validator::create(schema, "a schema");
    ASSERT_TRUE(judge) << judge.error().message;
    int refused = 0;
    for (const char* value : values) {
      const Verdicts got = verdicts(schema, **judge, *parse_json(value, "value"));
      EXPECT_EQ(got.judge, got.walk) << schema_text << " of " << value;
      refused += got.judge ? 0 : 1;
    }
    EXPECT_LT(refused, static_cast<int>(values.size())) << schema_text;
  }
}

TEST(Judge, ReportsOnlyTheDeepestProblemWithItsPointer) {
  const Json schema = *parse_json(
      R"({"properties": {"a": {"items": {"properties": {"b": {"type": "integer"}}}}}})", "schema");
  const auto judge = Validator::create(schema, "a schema");
  ASSERT_TRUE(judge);
  const auto problems = (*judge)->validate(*parse_json(R"({"a": [{}, {"b": "secret"}]})", "value"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].pointer, "/a/1/b");
  EXPECT_EQ(problems[0].message.find("secret"), std::string::npos);
}

TEST(Judge, RefusesABadSchemaWithoutEndingTheProcess) {
  const auto judge = Validator::create(*parse_json(R"({"type": 7})", "schema"), "x.schema.json");
  ASSERT_FALSE(judge);
  EXPECT_EQ(judge.error().message.rfind("x.schema.json is no draft-07 schema: ", 0), 0u);
}

}  // namespace
}  // namespace tq
