// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tqp/json_reader.hpp>

namespace {

using tqp::Token;

// Gives the text in pieces of one size, then its end or a failure.
struct Pieces {
  std::string text;
  size_t piece = 1;
  bool fails = false;
  size_t at = 0;

  tqp::Result<size_t> read(char* buffer, size_t capacity) {
    const size_t n = std::min({piece, capacity, text.size() - at});
    if (n == 0 && fails) return tqp::Error{TQP_E_TRANSIENT, "the body was cut"};
    std::memcpy(buffer, text.data() + at, n);
    at += n;
    return n;
  }
};

// All tokens in one line, ended by "." or by the failure's status.
std::string walk(tqp::JsonReader& reader) {
  std::string out;
  for (;;) {
    const tqp::Result<Token> token = reader.next();
    if (!token.ok()) return out + "E" + std::to_string(token.error().status);
    switch (*token) {
      case Token::kBeginObject:
        out += "{";
        break;
      case Token::kEndObject:
        out += "}";
        break;
      case Token::kBeginArray:
        out += "[";
        break;
      case Token::kEndArray:
        out += "]";
        break;
      case Token::kKey:
        out += "K(" + std::string(reader.text()) + ")";
        break;
      case Token::kString:
        out += "S(" + std::string(reader.text()) + ")";
        break;
      case Token::kNumber:
        out += "N(" + std::string(reader.text()) + ")";
        break;
      case Token::kTrue:
        out += "T";
        break;
      case Token::kFalse:
        out += "F";
        break;
      case Token::kNull:
        out += "0";
        break;
      case Token::kEnd:
        return out + ".";
    }
  }
}

struct Case {
  std::string text, tokens;
};

// E20: E_DATA, damaged. E18: E_TRANSIENT, cut.
const Case kCases[] = {
    {"{}", "{}."},
    {" [ ] ", "[]."},
    {"{\"a\":1,\"b\":[true,false,null]}", "{K(a)N(1)K(b)[TF0]}."},
    {"\"x\"", "S(x)."},
    {"-0.5e+3", "N(-0.5e+3)."},
    {"[\"\\u00e9\\ud83d\\ude00\\n\\/\\\"\\\\\"]", "[S(\xC3\xA9\xF0\x9F\x98\x80\n/\"\\)]."},
    {"\"\xE2\x82\xAC\"", "S(\xE2\x82\xAC)."},
    {"\"\\u0000\"", std::string("S(") + '\0' + ")."},
    {"\xEF\xBB\xBF{}", "E20"},
    {"", "E18"},
    {"  ", "E18"},
    {"{", "{E18"},
    {"{\"a\"", "{E18"},
    {"{\"a\":", "{K(a)E18"},
    {"{\"a\":1", "{K(a)N(1)E18"},
    {"[1,", "[N(1)E18"},
    {"\"abc", "E18"},
    {"\"a\\", "E18"},
    {"\"\\u12", "E18"},
    {"\"\\ud83d", "E18"},
    {"tru", "E18"},
    {"-", "E18"},
    {"1.", "E18"},
    {"1e", "E18"},
    {"{} x", "{}E20"},
    {"{}{}", "{}E20"},
    {"1 2", "N(1)E20"},
    {"[1 2]", "[N(1)E20"},
    {"[1,]", "[N(1)E20"},
    {"[,1]", "[E20"},
    {"{\"a\" 1}", "{E20"},
    {"{\"a\":1,}", "{K(a)N(1)E20"},
    {"{1:2}", "{E20"},
    {"{a:1}", "{E20"},
    {"[1}", "[N(1)E20"},
    {"{]", "{E20"},
    {"]", "E20"},
    {"01", "E20"},
    {"-01", "E20"},
    {"+1", "E20"},
    {".5", "E20"},
    {"1.e5", "E20"},
    {"NaN", "E20"},
    {"nul1", "E20"},
    {"truex", "TE20"},
    {"'a'", "E20"},
    {"\"\\x\"", "E20"},
    {"\"\\ud83d\"", "E20"},
    {"\"\\ud83d\\u0041\"", "E20"},
    {"\"\\ude00\"", "E20"},
    {"\"\\u00g0\"", "E20"},
    {"\"a\nb\"", "E20"},
    {"\"\x80\"", "E20"},
    {"\"\xC0\x80\"", "E20"},
    {"\"\xED\xA0\x80\"", "E20"},
    {"\"\xE2\x82\"", "E20"},
    {"\"\xF5\x80\x80\x80\"", "E20"},
    {"/* c */ 1", "E20"},
};

TEST(JsonReader, TableInMemoryAndInPieces) {
  for (const Case& c : kCases) {
    tqp::JsonReader memory{std::string_view(c.text)};
    EXPECT_EQ(walk(memory), c.tokens) << c.text;
    for (size_t piece : {1u, 2u, 3u, 7u, 64u}) {
      Pieces source{c.text, piece};
      tqp::JsonReader reader(source, {64, 1 << 20, 5});
      EXPECT_EQ(walk(reader), c.tokens) << c.text << " in pieces of " << piece;
    }
  }
}

TEST(JsonReader, AFailureOfTheSourceFailsTheDocument) {
  Pieces source{"{\"a\":1}", 3, true};  // whole, but the source does not end well
  tqp::JsonReader reader(source);
  EXPECT_EQ(walk(reader), "{K(a)N(1)}E18");
  EXPECT_EQ(reader.next().error().message, "the body was cut");
}

TEST(JsonReader, AFailureStays) {
  tqp::JsonReader reader("[1,]");
  EXPECT_EQ(walk(reader), "[N(1)E20");
  const std::string first = reader.next().error().message;
  EXPECT_EQ(first, "JSON: expected a value, at byte 3");
  EXPECT_EQ(reader.finish().error().message, first);
}

TEST(JsonReader, Numbers) {
  const struct {
    const char* text;
    std::optional<int64_t> i;
    std::optional<uint64_t> u;
    double real;
  } cases[] = {
      {"0", 0, 0, 0},
      {"-1", -1, std::nullopt, -1},
      {"9223372036854775807", INT64_MAX, INT64_MAX, 9223372036854775807.0},
      {"-9223372036854775808", INT64_MIN, std::nullopt, -9223372036854775808.0},
      {"18446744073709551615", std::nullopt, UINT64_MAX, 18446744073709551615.0},
      {"18446744073709551616", std::nullopt, std::nullopt, 18446744073709551616.0},
      {"1.5", std::nullopt, std::nullopt, 1.5},
      {"1e2", std::nullopt, std::nullopt, 100},
      {"2.2250738585072011e-308", std::nullopt, std::nullopt, 2.2250738585072011e-308},
      {"1e400", std::nullopt, std::nullopt, HUGE_VAL},
      {"-1e400", std::nullopt, std::nullopt, -HUGE_VAL},
      {"1e-400", std::nullopt, std::nullopt, 0},
      {"0.0001e400", std::nullopt, std::nullopt, HUGE_VAL},
      {"1e99999999999999999999", std::nullopt, std::nullopt, HUGE_VAL},
      {"1e-99999999999999999999", std::nullopt, std::nullopt, 0},
      {"1E+400", std::nullopt, std::nullopt, HUGE_VAL},
  };
  for (const auto& c : cases) {
    tqp::JsonReader reader{std::string_view(c.text)};
    ASSERT_TRUE(reader.expect(Token::kNumber).ok()) << c.text;
    EXPECT_EQ(reader.int64(), c.i) << c.text;
    EXPECT_EQ(reader.uint64(), c.u) << c.text;
    EXPECT_EQ(reader.real(), c.real) << c.text;
  }
}

TEST(JsonReader, BoundsDepthAndText) {
  const tqp::JsonLimits limits{3, 4, 8};
  tqp::JsonReader deep("[[[[1]]]]", limits);
  EXPECT_EQ(walk(deep), "[[[E20");
  tqp::JsonReader fits("[[[1]],\"abcd\",1234]", limits);
  EXPECT_EQ(walk(fits), "[[[N(1)]]S(abcd)N(1234)].");
  tqp::JsonReader text("[\"abcde\"]", limits);
  EXPECT_EQ(walk(text), "[E20");
  tqp::JsonReader number("12345", limits);
  EXPECT_EQ(walk(number), "E20");
}

TEST(JsonReader, TheUsualWalk) {
  Pieces source{"{\"skip\":{\"x\":[1,{}]},\"list\":[{\"id\":5},{\"id\":6}],\"name\":\"n\"}", 4};
  tqp::JsonReader reader(source);
  ASSERT_TRUE(reader.expect(Token::kBeginObject).ok());
  std::string name;
  uint64_t sum = 0;
  while (*reader.next_key()) {
    const std::string key(reader.text());
    if (key == "list") {
      ASSERT_TRUE(reader.expect(Token::kBeginArray).ok());
      for (Token token{}; *reader.next_element(token);) {
        ASSERT_EQ(token, Token::kBeginObject);
        while (*reader.next_key()) {
          ASSERT_TRUE(reader.expect(Token::kNumber).ok());
          sum += reader.uint64().value_or(0);
        }
      }
    } else if (key == "name") {
      name = reader.string().value();
    } else {
      ASSERT_TRUE(reader.skip().ok());
    }
  }
  EXPECT_TRUE(reader.finish().ok());
  EXPECT_EQ(sum, 11u);
  EXPECT_EQ(name, "n");
}

TEST(JsonReader, NamesWhatItFound) {
  tqp::JsonReader reader("{\"a\":[]}");
  ASSERT_TRUE(reader.expect(Token::kBeginObject).ok());
  ASSERT_TRUE(*reader.next_key());
  EXPECT_EQ(reader.string().error().message, "JSON: unexpected '[' instead of a string, at byte 6");
}

// Every cut and every changed byte of a document: never a crash, and the verdict of another parser.
TEST(JsonReader, CutsAndMutationsAgreeWithAnotherParser) {
  const std::string whole =
      "{\"id\":-12.5e3,\"t\":[true,null,\"\\u00e9\\n\xE2\x82\xAC\"],\"o\":{\"k\":0}}";
  const auto agrees = [](const std::string& text) {
    tqp::JsonReader reader{std::string_view(text)};
    const bool ours = walk(reader).back() == '.';
    ASSERT_EQ(ours, nlohmann::json::accept(text)) << text;
  };
  for (size_t cut = 0; cut < whole.size(); ++cut) agrees(whole.substr(0, cut));
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string text = whole;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t place = random() % text.size();
      const char byte = "{}[]\",:\\ue0-.1tn\x80\xE2 \x01"[random() % 21];
      if (random() % 3 == 0) {
        text.erase(place, 1);
      } else if (random() % 2 == 0) {
        text.insert(place, 1, byte);
      } else {
        text[place] = byte;
      }
    }
    agrees(text);
  }
}

}  // namespace
