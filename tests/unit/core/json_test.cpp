// SPDX-License-Identifier: Apache-2.0
#include "core/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <new>

#include "core/json_memory.hpp"
#include "core/sanitized.hpp"

namespace tq {
namespace {

std::string refusal(std::string_view text, Comments comments = Comments::kRefuse) {
  const auto json = parse_json(text, "x.json", comments);
  return json ? "accepted" : json.error().message;
}

TEST(ParseJson, KeepsTheOrderOfMembers) {
  EXPECT_EQ(dump_json(*parse_json(R"({"b":1,"a":[2,null]})", "x")), R"({"b":1,"a":[2,null]})");
}

TEST(ParseJson, RefusesADoubleKeyAndNamesItsLine) {
  EXPECT_EQ(refusal("{\n \"a\": 1,\n \"a\": 2\n}"), "x.json:3: the key \"a\" stands twice");
}

TEST(ParseJson, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(refusal("{\n\"a\": 1\n\"b\": 2}").rfind("x.json:3: ", 0), 0u)
      << refusal("{\n\"a\": 1\n\"b\": 2}");
  EXPECT_NE(refusal("{} x"), "accepted");
  EXPECT_NE(refusal(""), "accepted");
  EXPECT_NE(refusal("\"\xff\""), "accepted");
}

TEST(ParseJson, RefusesWhatIsNestedTooDeep) {
  EXPECT_EQ(refusal(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_EQ(refusal(std::string(100'000, '[')), "x.json:1: nested deeper than 64 levels");
}

TEST(ParseJson, TakesCommentsOnlyWhereTheyAreAllowed) {
  EXPECT_NE(refusal("{} // no"), "accepted");
  EXPECT_EQ(refusal("// why\n{/* here */}", Comments::kAllow), "accepted");
}

TEST(ParseJsonDocument, RemembersTheLineOfEachValue) {
  const auto document =
      parse_json_document("{\n // c\n \"a\": {\n  \"b\": [1,\n   2]}}", "x.json", Comments::kAllow);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->place("/a/b/0"), "x.json:4");
  EXPECT_EQ(document->place("/a/b/1"), "x.json:5");
  EXPECT_EQ(document->place("/nowhere"), "x.json");
}

TEST(JsonAt, FollowsAPointer) {
  const Json json = *parse_json(R"({"a/b":{"~":[10,20]}})", "x");
  ASSERT_NE(json_at(json, "/a~1b/~0/1"), nullptr);
  EXPECT_EQ(*json_at(json, "/a~1b/~0/1"), 20);
  EXPECT_EQ(json_at(json, "/a~1b/~0/2"), nullptr);
  EXPECT_EQ(json_at(json, "/a~1b/~0/x"), nullptr);
  EXPECT_EQ(json_at(json, "no pointer"), nullptr);
  EXPECT_EQ(pointer_join("/x", "a/b~"), "/x/a~1b~0");
}

TEST(DumpJson, ReplacesWhatIsNotUtf8) { EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(Json, AMistypedSecretIsNotInTheMessage) {
  for (const char* text : {R"({"password": "hun\ser2"})", "{\"password\": \"hunter2,\n}"}) {
    const auto parsed = parse_json(text, "tqhost.json");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message.find("hun"), std::string::npos) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find("tqhost.json"), std::string::npos);
  }
}

TEST(Json, OfMoreValuesThanThereIsMemoryForIsRefused) {
  std::string text = "[";
  for (size_t i = 0; i < kMostJsonValues; ++i) text += "[],";
  text += "[]]";
  const auto json = parse_json(text, "the answer");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().status, Status::kData);
  EXPECT_THAT(json.error().message, testing::HasSubstr("more than 1,000,000 values"));
}

[[noreturn]] void parse_with_little_memory(const std::string& text) {
  constexpr rlim_t kBytes = 24 << 20;
  const rlimit bound{kBytes, kBytes};
  ::setrlimit(RLIMIT_DATA, &bound);
  try {
    static_cast<void>(parse_json(text, "the answer"));
  } catch (const std::bad_alloc&) {
    ::_exit(7);
  }
  ::_exit(8);
}

// The library needs memory to destroy a large document, and ends the process when there is none.
TEST(Json, ThatMemoryEndsForIsGivenUpWithoutTakingAny) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's memory has no such bound";
  std::string text = "[[";
  for (int i = 0; i < 900'000; ++i) text += "[],";
  text += "[]]]";
  EXPECT_EXIT(parse_with_little_memory(text), testing::ExitedWithCode(7), "");
}

TEST(Json, IsDismantledWhole) {
  Json json = parse_json(R"({"a": [1, {"b": ["x", []]}], "c": null})", "t").take();
  dismantle(json);
  EXPECT_TRUE(json.is_object() && json.empty());
  Json number = 5;
  dismantle(number);
  EXPECT_EQ(number, 5);
}

}  // namespace
}  // namespace tq
