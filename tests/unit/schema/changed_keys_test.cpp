// SPDX-License-Identifier: Apache-2.0
// CB-22, TIE-08: a configuration of an older version is taken as it is; what it says is not lost.
#include <gmock/gmock.h>

#include "schema/plugin_schema.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
  "properties": {
    "host": {"type": "string", "x-renamed-from": ["server", "fqdn"]},
    "level": {"type": "string", "enum": ["Known Malicious", "Unknown", "unknown"]},
    "levels": {"type": "array", "items": {"enum": ["Not Set", "Unknown"]}}
  },
  "x-removed": {"use_ssl": {"since": "1.2.0", "instead": "TLS is always used"}}})";

struct Applied {
  Json values;
  std::vector<std::string> problems;
};
Applied applied(const char* config) {
  const auto schema = PluginSchema::parse(kSchema, "p.json");
  if (!schema) return {nullptr, {schema.error().message}};
  PluginSettings settings;
  Applied out;
  for (const Problem& problem : (*schema)->apply(*parse_json(config, "config"), &settings))
    out.problems.push_back(problem.pointer + " " + problem.message);
  out.values = std::move(settings.values);
  return out;
}

TEST(ChangedKeys, ARenamedOneMoves) {
  for (const char* config : {R"({"server": "h"})", R"({"fqdn": "h"})", R"({"host": "h"})"}) {
    EXPECT_EQ(dump_json(applied(config).values), R"({"host":"h"})");
    EXPECT_THAT(applied(config).problems, IsEmpty());
  }
}

TEST(ChangedKeys, OldAndNewAtOnceIsAMistake) {
  EXPECT_THAT(applied(R"({"server": "a", "host": "b"})").problems,
              ElementsAre(R"(/server is the old name of "host", which is there too; remove one)"));
}

TEST(ChangedKeys, ARemovedOneSaysSinceWhen) {
  EXPECT_THAT(applied(R"({"use_ssl": true, "host": "b"})").problems,
              ElementsAre("/use_ssl was removed in 1.2.0: TLS is always used"));
}

TEST(ChangedKeys, AnUnknownOneNamesTheNearest) {
  EXPECT_THAT(applied(R"({"hosts": "b"})").problems,
              ElementsAre(R"(/hosts is not a known key; did you mean "host"?)"));
}

TEST(ChangedKeys, WhatWasRemovedIsDescribedWhole) {
  const auto schema = PluginSchema::parse(
      R"({"$schema": "http://json-schema.org/draft-07/schema#", "x-removed": {"a": {"since": "1"}}})",
      "p.json");
  ASSERT_FALSE(schema);
  EXPECT_THAT(schema.error().message, HasSubstr("/x-removed/a/instead is missing"));
}

// TIE-33: choices are read without case.
TEST(Choices, AreReadWithoutCase) {
  EXPECT_EQ(applied(R"({"level": " known malicious "})").values["level"], "Known Malicious");
  EXPECT_EQ(applied(R"({"levels": ["NOT SET", "unknown"]})").values["levels"],
            Json({"Not Set", "Unknown"}));
  EXPECT_EQ(applied(R"({"level": "unknown"})").values["level"], "unknown") << "exact comes first";
  EXPECT_THAT(applied(R"({"level": "UNKNOWN"})").problems, ElementsAre(HasSubstr("/level is")))
      << "two differ only in their letters";
  EXPECT_THAT(applied(R"({"level": "known"})").problems,
              ElementsAre(HasSubstr("/level is \"known\"")));
}

}  // namespace
}  // namespace tq
