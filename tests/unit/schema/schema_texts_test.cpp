// SPDX-License-Identifier: Apache-2.0
// The schemas that ship: each is one by the meta-schema, the meta-schema too.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/file.hpp"
#include "schema/embedded.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {
namespace {

std::string refusal(const std::filesystem::path& file) {
  const auto text = read_file(file, 1 << 20);
  if (!text) return text.error().message;
  const auto schema = PluginSchema::parse(*text, file.string());
  return schema ? "" : schema.error().message;
}

TEST(SchemaTexts, AreSchemas) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TQ_SCHEMAS)) {
    EXPECT_EQ(refusal(entry.path()), "") << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 2);
  EXPECT_EQ(refusal(TQ_TINY_SCHEMA), "");
}

TEST(SchemaTexts, AreCompiledInAsTheyAre) {
  const std::filesystem::path schemas = TQ_SCHEMAS;
  EXPECT_EQ(*read_file(schemas / "host.schema.json", 1 << 20), host_schema_text());
  EXPECT_EQ(*read_file(schemas / "meta.schema.json", 1 << 20), meta_schema_text());
}

}  // namespace
}  // namespace tq
