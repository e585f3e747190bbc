// SPDX-License-Identifier: Apache-2.0
// What people read when their configuration is wrong: golden texts, one for each kind of mistake.
#include <gtest/gtest.h>

#include "core/text.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {
namespace {

constexpr const char* kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object", "additionalProperties": false, "required": ["org_key"],
  "properties": {
    "org_key": {"type": "string", "title": "Organization Key", "minLength": 1, "maxLength": 8,
                "pattern": "^[A-Z0-9]*$", "x-example": "ABCD1234"},
    "severity": {"type": "integer", "minimum": 1, "maximum": 10},
    "ratio": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "step": {"type": "integer", "multipleOf": 5},
    "mode": {"enum": ["fast", "slow", "auto"]},
    "level": {"type": ["integer", "string"], "enum": [1, 2, "auto"]},
    "flag": {"type": "boolean"},
    "names": {"type": "array", "x-comma": true, "minItems": 1, "maxItems": 2,
              "items": {"type": "string", "maxLength": 5}},
    "ids": {"type": "array", "uniqueItems": true, "items": {"type": "integer"}},
    "host": {"type": "string", "x-host": true},
    "url": {"type": "string", "x-url": true},
    "file": {"type": "string", "x-file": true},
    "link": {"type": "string", "format": "uri"},
    "address": {"type": "string", "format": "ipv4"},
    "since": {"type": "string", "format": "date-time"},
    "token": {"type": "string", "title": "Token", "writeOnly": true, "minLength": 4, "pattern": "^t"},
    "code": {"type": "string", "title": "Code", "pattern": "^c+$"},
    "taken": {"type": "string", "not": {"enum": ["logs", "rate"]}},
    "target": {"oneOf": [{"type": "integer", "minimum": 1}, {"const": "auto"},
                         {"type": "object", "required": ["x"], "additionalProperties": false,
                          "properties": {"x": {"type": "integer"}}}]},
    "tags": {"type": "array", "x-comma": true, "x-example": ["a b", "c"]},
    "max_size_mb": {"type": "integer"}
  }
})";

// Every problem, "pointer message", a line each.
std::string told(const std::string& config) {
  static const auto schema = PluginSchema::parse(kSchema, "s.json");
  if (!schema) return schema.error().message;
  PluginSettings settings;
  std::vector<std::string> lines;
  for (const Problem& problem : (*schema)->apply(*parse_json(config, "config"), &settings))
    lines.push_back(problem.pointer + " " + problem.message);
  return join(lines, "\n");
}

// The same for one member beside what is required.
std::string told_of(const std::string& member) {
  return told(R"({"org_key": "A", )" + member + "}");
}

TEST(Words, Golden) {
  const std::pair<const char*, const char*> table[] = {
      {R"("max_size": 3)", R"(/max_size is not a known key; did you mean "max_size_mb"?)"},
      {R"("severty": 3)", R"(/severty is not a known key; did you mean "severity"?)"},
      {R"("severity": 11)", "/severity is 11, but a whole number from 1 to 10 is needed"},
      {R"("severity": 2.5)", "/severity is 2.5, but a whole number from 1 to 10 is needed"},
      {R"("severity": "high")",
       R"(/severity is "high", but a whole number from 1 to 10 is needed)"},
      {R"("severity": null)", "/severity is null, but a whole number from 1 to 10 is needed"},
      {R"("ratio": 0)", "/ratio is 0, but a number of at most 1 above 0 is needed"},
      {R"("step": 7)", "/step is 7, but a whole number that is a multiple of 5 is needed"},
      {R"("mode": "fastt")",
       R"(/mode is "fastt", but one of "fast", "slow" or "auto" is needed; did you mean "fast"?)"},
      {R"("mode": "zzzzz")", R"(/mode is "zzzzz", but one of "fast", "slow" or "auto" is needed)"},
      {R"("level": 3)", R"(/level is 3, but one of 1, 2 or "auto" is needed)"},
      {R"("flag": "yes")", R"(/flag is "yes", but true or false is needed)"},
      {R"("names": [])", "/names is empty, but at least 1 entry is needed"},
      {R"("names": ["a", "b", "c"])", "/names has 3 entries, but at most 2 are allowed"},
      {R"("names": ["abcdef"])", "/names/0 is too long: at most 5 characters are allowed"},
      {R"("names": 7)", "/names is 7, but a list or comma-separated text is needed"},
      {R"("tags": 7)",
       R"(/tags is 7, but a list or comma-separated text such as ["a b","c"] is needed)"},
      {R"("ids": [1, 2, 1])", "/ids/2 stands in the list twice"},
      {R"("ids": {})", "/ids is an empty object, but a list, each entry a whole number, is needed"},
      {R"("host": "a b")",
       R"(/host is "a b", but a host (NAME, NAME:PORT, [IPv6]:PORT or a URL) is needed)"},
      {R"("host": "https://me:hunt/er2@a.example")",
       R"(/host is "https://me:***@a.example", but a host (NAME, NAME:PORT, [IPv6]:PORT or a URL) is needed)"},
      {R"("url": "a.example")",
       R"(/url is "a.example", but a URL (http:// or https://, without user name, password and blanks) is needed)"},
      {R"("file": "a.pem")", R"(/file is "a.pem", but the absolute path of a file is needed)"},
      {R"("link": "nothing")", R"(/link is "nothing", but a URI is needed)"},
      {R"("address": "1.2.3")", R"(/address is "1.2.3", but an IPv4 address is needed)"},
      {R"("since": "yesterday")",
       R"(/since is "yesterday", but a time such as 2026-11-23T08:30:00Z is needed)"},
      {R"("token": "hunter2")",
       R"(/token is a text that is not shown, but a valid Token (pattern ^t) or a reference ({"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME}) is needed)"},
      {R"("token": "t")", "/token is too short: at least 4 characters are needed"},
      {R"("token": 123456)",
       R"(/token is a number that is not shown, but a valid Token (pattern ^t) or a reference ({"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME}) is needed)"},
      {R"("token": {"fil": "/x"})",
       R"(/token is no reference to a secret, because "fil" is not known; did you mean "file"?)"},
      {R"("token": {"file": ""})", R"(/token names nothing: "file" needs a text)"},
      {R"("token": {})",
       R"(/token has 0 members, but one is needed: {"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME})"},
      {R"("code": "x")", R"(/code is "x", but a valid Code (pattern ^c+$) is needed)"},
      {R"("taken": "logs")",
       R"(/taken is "logs", but anything but one of "logs" or "rate" is needed)"},
      {R"("target": 0)",
       R"(/target is 0, but a whole number of at least 1, "auto" or an object is needed)"},
      {R"("target": {"x": "1a"})", R"(/target/x is "1a", but a whole number is needed)"},
  };
  for (const auto& [member, message] : table) EXPECT_EQ(told_of(member), message) << member;
}

TEST(Words, OfTheWholeAndOfWhatIsMissing) {
  EXPECT_EQ(told("{}"),
            R"(/org_key is missing: a text such as "ABCD1234" is needed, the Organization Key)");
  EXPECT_EQ(told(R"({"org_key": ""})"),
            R"(/org_key is empty, but a text such as "ABCD1234" is needed)");
  EXPECT_EQ(told(R"({"org_key": "abc"})"),
            R"(/org_key is "abc", but a text such as "ABCD1234" is needed)");
  EXPECT_EQ(told("[]"), " is an empty list, but an object is needed");
}

TEST(Words, AreToldAllAtOnce) {
  EXPECT_EQ(told(R"({"severity": 11, "flg": true, "names": "a,b,c", "host": "a b"})"),
            "/severity is 11, but a whole number from 1 to 10 is needed\n"
            "/flg is not a known key; did you mean \"flag\"?\n"
            "/names has 3 entries, but at most 2 are allowed\n"
            "/host is \"a b\", but a host (NAME, NAME:PORT, [IPv6]:PORT or a URL) is needed\n"
            "/org_key is missing: a text such as \"ABCD1234\" is needed, the Organization Key");
}

TEST(Words, ShowNoControlCharactersAndNoLongTexts) {
  const std::string message = told_of(R"("severity": "\u001b[2J)" + std::string(500, 'x') + "\"");
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_LT(message.size(), 200u);
}

}  // namespace
}  // namespace tq
