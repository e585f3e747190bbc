// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tqp/json_writer.hpp>

namespace {

std::string json_of(std::string_view text) {
  tqp::JsonWriter writer;
  writer.value(text);
  return std::string(writer.view());
}

TEST(JsonWriter, WritesADocument) {
  tqp::JsonWriter writer;
  writer.begin_object().member("a", 1).member("b", "x").key("c").begin_array();
  writer.value(true)
      .null()
      .value(uint64_t{18446744073709551615u})
      .value(int64_t{-9223372036854775807 - 1});
  writer.begin_object().end_object().begin_array().end_array().raw("{\"r\":0}").end_array();
  EXPECT_FALSE(writer.complete());
  writer.member("d", 0.1).member("e", std::string_view("y")).end_object();
  EXPECT_EQ(writer.view(),
            "{\"a\":1,\"b\":\"x\",\"c\":[true,null,18446744073709551615,-9223372036854775808,{},[],"
            "{\"r\":0}],\"d\":0.1,\"e\":\"y\"}");
  EXPECT_TRUE(writer.complete());
}

TEST(JsonWriter, ClearStartsAnew) {
  tqp::JsonWriter writer;
  writer.begin_array().value(1);
  writer.clear();
  EXPECT_FALSE(writer.complete());
  writer.begin_array().value(2).end_array();
  EXPECT_EQ(writer.view(), "[2]");
}

TEST(JsonWriter, NumbersWithoutJsonFormBecomeNull) {
  tqp::JsonWriter writer;
  writer.begin_array().value(std::nan("")).value(HUGE_VAL).value(1e300).value(-0.0).end_array();
  EXPECT_EQ(writer.view(), "[null,null,1e+300,-0]");
}

TEST(JsonWriter, EscapesWhatMustBe) {
  EXPECT_EQ(json_of("\"\\/\n\r\t\b\f\x01\x1F\x7F"),
            "\"\\\"\\\\/\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json_of(std::string_view("a\0b", 3)), "\"a\\u0000b\"");
  EXPECT_EQ(json_of(""), "\"\"");
}

TEST(JsonWriter, EveryByteAtEveryPlaceOfAWord) {
  for (size_t place = 0; place < 17; ++place) {
    for (int byte = 0; byte < 128; ++byte) {
      std::string text(17, 'x');
      text[place] = static_cast<char>(byte);
      const std::string json = json_of(text);
      const auto parsed = nlohmann::json::parse(json, nullptr, false);
      ASSERT_TRUE(parsed.is_string()) << json;
      ASSERT_EQ(parsed.get<std::string>(), text);
    }
  }
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  const struct {
    std::string in, out;
  } cases[] = {
      {"\x80", bad},                                // a continuation alone
      {"\xC3", bad},                                // cut
      {"\xC0\x80", bad + bad},                      // overlong
      {"\xE0\x80\x80", bad + bad + bad},            // overlong
      {"\xED\xA0\x80", bad + bad + bad},            // a surrogate
      {"\xF4\x90\x80\x80", bad + bad + bad + bad},  // above U+10FFFF
      {"\xE2\x82", bad},                            // the prefix of a character is one replacement
      {"\xE2\x82z", bad + "z"},
      {"\xF0\x9F\x98z", bad + "z"},
      {"\xFF\xFE", bad + bad},
      {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(json_of(in), "\"" + out + "\"");
}

TEST(JsonWriter, RandomBytesAlwaysMakeValidJson) {
  std::mt19937 random(7);
  tqp::JsonWriter writer;
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 70, '\0');
    for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : 'a' + random() % 26);
    writer.clear();
    writer.begin_object().member(text, text).end_object();
    const auto parsed = nlohmann::json::parse(writer.view(), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << writer.view();
    // nlohmann replaces in the same way.
    const auto expected =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    ASSERT_EQ(parsed.begin().value(), nlohmann::json::parse(expected));
  }
}

TEST(JsonWriter, GrowsOverManySizes) {
  tqp::JsonWriter writer;
  std::string all = "[";
  writer.begin_array();
  for (size_t n = 0; n < 3000; n += 13) {
    const std::string text(n, n % 2 == 0 ? 'q' : '"');
    writer.value(text);
    all += all.size() > 1 ? "," : "";
    all += json_of(text);
  }
  writer.end_array();
  EXPECT_EQ(writer.view(), all + "]");
}

}  // namespace
