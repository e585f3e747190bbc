// SPDX-License-Identifier: Apache-2.0
#include "store/export.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <sstream>
#include <streambuf>

#include "core/sanitized.hpp"
#include "store/encoding.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class Export : public StateFolder {
 protected:
  static std::string exported(Store& store) {
    std::ostringstream out;
    const auto done = export_state(store, out);
    EXPECT_TRUE(done) << done.error().message;
    return out.str();
  }

  // Why these lines are not taken; what was there must still be there.
  std::string refusal(const std::string& lines) {
    if (!store_) {
      store_ = open();
      EXPECT_TRUE(store_->reset());
      EXPECT_TRUE(store_->put("kept", "1"));
      EXPECT_TRUE(store_->commit());
    }
    std::istringstream in(lines);
    const auto done = import_state(*store_, in, "state.jsonl");
    EXPECT_THAT(all_of(*store_), ElementsAre(Pair("kept", "1")));
    return done ? "accepted" : done.error().message;
  }

  std::unique_ptr<Store> store_;
};

const std::string kHeader = R"({"tqhost_state":1,"instance":"cb-prod","schema":1})"
                            "\n";

TEST_F(Export, OfNothingIsNothing) { EXPECT_EQ(exported(*open()), ""); }

TEST_F(Export, ShowsTextAsText) {
  const auto store = open();
  ASSERT_TRUE(store->put("feed/id", "Gefährlich \"x\""));
  ASSERT_TRUE(store->put("digest", "\x01\xff"));
  EXPECT_EQ(exported(*store), kHeader +
                                  "{\"key\":\"digest\",\"value_b64\":\"Af8=\"}\n"
                                  "{\"key\":\"feed/id\",\"value\":\"Gefährlich \\\"x\\\"\"}\n"
                                  "{\"entries\":2}\n");
}

TEST_F(Export, ImportedElsewhereIsTheSameByteByByte) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  std::string first;
  {
    const auto store = open();
    for (size_t i = 0; i < all_bytes.size(); ++i)
      ASSERT_TRUE(store->put("key " + all_bytes.substr(i), all_bytes.substr(0, i)));
    ASSERT_TRUE(store->commit());
    first = exported(*store);
  }
  options_.file = folder_ / "other.db";
  options_.instance = "cb-prod";
  const auto store = open();
  ASSERT_TRUE(store->put("gone", "1"));
  ASSERT_TRUE(store->commit());
  std::istringstream in(first);
  const auto imported = import_state(*store, in, "state.jsonl");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(exported(*open_to_read()), first) << "replaced, not added to, and committed";
}

TEST_F(Export, CutFileIsRefusedWhereverItWasCut) {
  std::string whole;
  {
    const auto store = open();
    ASSERT_TRUE(store->put("a", "1"));
    ASSERT_TRUE(store->put("b", "\xff"));
    ASSERT_TRUE(store->commit());
    whole = exported(*store);
  }
  for (size_t length = 0; length < whole.size() - 1; ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "accepted") << length;
}

TEST_F(Export, WrongFilesAreRefusedWithTheLine) {
  const std::string a = R"({"key":"a","value":"1"})"
                        "\n";
  EXPECT_THAT(refusal(""), HasSubstr("state.jsonl is empty"));
  EXPECT_THAT(refusal("nothing\n"), HasSubstr("state.jsonl, line 1"));
  EXPECT_THAT(refusal(a), HasSubstr("line 1 is not the header"));
  EXPECT_THAT(refusal(R"({"tqhost_state":2,"schema":1})"), HasSubstr("line 1 is not the header"));
  EXPECT_THAT(refusal(R"({"tqhost_state":1,"schema":2})"), HasSubstr("knows only up to 1"));
  EXPECT_THAT(refusal(kHeader + a), HasSubstr("is cut"));
  EXPECT_THAT(refusal(kHeader + a + a), HasSubstr("line 3 has a key that does not follow"));
  EXPECT_THAT(refusal(kHeader + a + "{\"entries\":2}\n"), HasSubstr("line 3 counts 2 entries"));
  EXPECT_THAT(refusal(kHeader + a + "{\"entries\":1}\n" + a), HasSubstr("line 4 follows the last"));
  EXPECT_THAT(refusal(kHeader + R"({"key":"a"})"), HasSubstr("line 2 has no \"value\""));
  EXPECT_THAT(refusal(kHeader + R"({"key":"","value":"1"})"), HasSubstr("line 2 has no \"key\""));
  EXPECT_THAT(refusal(kHeader + R"({"key":"a","value_b64":"Af8"})"),
              HasSubstr("line 2 has no \"value\""));
}

TEST(Encoding, PlainTextIsWellFormedAndVisible) {
  for (const char* text : {"", "a b", "ä€😀", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_plain_text(text)) << text;
  for (const char* text : {"\n", "\x7f", "\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"})
    EXPECT_FALSE(is_plain_text(text)) << testing::PrintToString(text);
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
}

TEST(Encoding, Base64IsStrict) {
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_EQ(base64_decode("YQ=="), "a");
  EXPECT_EQ(base64_decode("YWI="), "ab");
  EXPECT_EQ(base64_decode("YWJj"), "abc");
  for (const char* text : {"Y", "YQ", "YQ=", "Y===", "=YQ=", "Y Q=", "YQ==YQ==", "Y_Q="})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

// Lines of an export, made while they are read.
class Endless : public std::streambuf {
 public:
  explicit Endless(int entries) : entries_(entries) {}

 private:
  int_type underflow() override {
    if (at_ > entries_ + 1) return traits_type::eof();
    char key[16];
    std::snprintf(key, sizeof key, "%08d", at_);
    line_ = at_ == 0          ? kHeader
            : at_ <= entries_ ? std::string("{\"key\":\"") + key + R"(","value":")" +
                                    std::string(kValueBytes, 'v') + "\"}\n"
                              : "{\"entries\":" + std::to_string(entries_) + "}\n";
    ++at_;
    setg(line_.data(), line_.data(), line_.data() + line_.size());
    return traits_type::to_int_type(line_[0]);
  }

  static constexpr size_t kValueBytes = 64 << 10;
  const int entries_;
  int at_ = 0;
  std::string line_;
};

int64_t most_kb_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

TEST_F(Export, ImportTakesNoMoreMemoryForMoreLines) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer keeps what was freed";
  constexpr int kEntries = 2'000;  // of 64 KiB: 125 MiB
  const auto store = open();
  {
    Endless few(20);
    std::istream lines(&few);
    ASSERT_TRUE(import_state(*store, lines, "few.jsonl"));
  }
  const int64_t before_kb = most_kb_used();
  Endless many(kEntries);
  std::istream lines(&many);
  const auto done = import_state(*store, lines, "many.jsonl");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_LT(most_kb_used() - before_kb, kEntries * 64 / 4) << "a quarter of what was read";
}

TEST_F(Export, WhatIsNoExportIsRefusedAtItsFirstLine) {
  EXPECT_THAT(refusal(std::string(1 << 20, 'x')), HasSubstr("line 1 is longer than any"));
}

}  // namespace
}  // namespace tq
