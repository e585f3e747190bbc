// SPDX-License-Identifier: Apache-2.0
// A known value, however a server writes it back.
#include <gmock/gmock.h>

#include <cstdio>
#include <ctime>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "log/redactor.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "aB/c\xC3\xA9&d+e \"f<";

TEST(RedactorForms, HidesWhatJsonMakesOfAValue) {
  Redactor redactor;
  redactor.add_value(kSecret);
  for (const char* form :
       {R"(aB\/c\u00e9&d+e \"f<)", R"(aB\u002fc\u00E9\u0026d\u002be\u0020\u0022f\u003C)",
        R"(aB/c\xc3\xa9&d+e \"f<)", R"(aB\\/c\\u00e9&d+e \\\"f<)"})
    EXPECT_EQ(redactor.clean(std::string("{") + form + "}"), "{***}") << form;
}

TEST(RedactorForms, HidesACharacterOfTwoSurrogates) {
  Redactor redactor;
  redactor.add_value("key \xF0\x9F\x98\x80 end");
  EXPECT_EQ(redactor.clean(R"(a key \ud83d\ude00 end b)"), "a *** b");
}

TEST(RedactorForms, HidesWhatHtmlMakesOfAValue) {
  Redactor redactor;
  redactor.add_value(kSecret);
  for (const char* form :
       {"aB/c\xC3\xA9&amp;d+e &quot;f&lt;", "aB&#47;c&eacute;&#38;d&plus;e &#34;f&#60;",
        "aB&#x2F;c&#xe9;&AMP;d&#43;e&#32;&#x22;f&#X3c;", "aB&sol;c&#233&amp;d+e &QUOT;f&lt;",
        "aB&amp;#x2F;c&amp;eacute;&amp;amp;d+e &amp;quot;f&amp;lt;"})
    EXPECT_EQ(redactor.clean(std::string("(") + form + ")"), "(***)") << form;
}

TEST(RedactorForms, HidesWhatAnAddressMakesOfAValue) {
  Redactor redactor;
  redactor.add_value(kSecret);
  for (const char* form : {"aB%2Fc%C3%A9%26d%2Be%20%22f%3C", "aB%2fc%c3%a9%26d%2be%20%22f%3c",
                           "aB/c%C3%A9%26d%2Be+%22f%3C", "aB/c\xC3\xA9%26d%2be+\"f<",
                           "aB%252Fc%25C3%25A9%2526d%252Be%2520%2522f%253C"})
    EXPECT_EQ(redactor.clean(std::string("?x=") + form + "&y"), "?x=***&y") << form;
}

TEST(RedactorForms, HidesAnotherLetterCase) {
  Redactor redactor;
  redactor.add_value("Tiger-Eye-77");
  EXPECT_EQ(redactor.clean("x TIGER-EYE-77 y tiger-eye-77 z"), "x *** y *** z");
}

TEST(RedactorForms, HidesHex) {
  Redactor redactor;
  redactor.add_value("Tiger-Eye-77");
  const std::string hex = to_hex("Tiger-Eye-77");
  EXPECT_EQ(redactor.clean("x " + hex + " y"), "x *** y");
  EXPECT_EQ(redactor.clean("x 54696765722D4579652D3737 y"), "x *** y");
}

TEST(RedactorForms, HidesBase64OfBothAlphabetsWithAndWithoutPadding) {
  Redactor redactor;
  const std::string secret = "\xFB\xEF\xBEs?>ecret";
  redactor.add_value(secret);
  std::string form = base64(secret);
  ASSERT_THAT(form, testing::AllOf(HasSubstr("+"), testing::EndsWith("=")));
  std::string url = form;
  for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  for (const std::string& whole : {form, url}) {
    EXPECT_EQ(redactor.clean("x " + whole + " y"), "x *** y");
    EXPECT_EQ(redactor.clean("x " + whole.substr(0, whole.find('=')) + " y"), "x *** y");
  }
  std::string escaped;
  for (const char c : form) escaped += c == '/' ? std::string("\\/") : std::string(1, c);
  EXPECT_EQ(redactor.clean("x " + escaped + " y"), "x *** y");
  EXPECT_EQ(redactor.clean("x " + percent_encode(form.substr(0, form.find('='))) + " y"),
            "x *** y");
}

TEST(RedactorForms, HidesUserAndPasswordAsOne) {
  Redactor redactor;
  redactor.add_pair("analyst", "tiger-eye");
  EXPECT_EQ(redactor.clean("as analyst:tiger-eye."), "as ***.");
  EXPECT_EQ(redactor.clean("got Basic " + base64("analyst:tiger-eye") + "!"), "got Basic ***!");
  EXPECT_EQ(redactor.clean("analyst logs in"), "analyst logs in");
  redactor.add_pair("short", "abc");
  EXPECT_EQ(redactor.clean("as short:abc, abc"), "as ***, abc");
}

TEST(RedactorForms, HidesAValueInsideBase64WithNothingOfItAtTheEdges) {
  Redactor redactor;
  redactor.add_value("tiger-eye-of-1977");
  for (const char* before : {"", "a", "ab", "abc", "user:", "user1:", "user12:"})
    for (const char* behind : {"", "x", "xy", "xyz"}) {
      const std::string whole = base64(std::string(before) + "tiger-eye-of-1977" + behind);
      const std::string cleaned = redactor.clean("Basic " + whole);
      EXPECT_THAT(cleaned, HasSubstr("***"));
      // What stands before the value takes so many digits, what stands behind at most one more.
      const size_t left = cleaned.find("***") - 6, right = cleaned.size() - left - 9;
      EXPECT_LE(left, std::string(before).size() * 8 / 6) << whole << " " << cleaned;
      EXPECT_LE(right, (std::string(behind).size() * 8 + 5) / 6 + 2) << whole << " " << cleaned;
    }
}

TEST(RedactorForms, HidesAValueWhoseBlanksAtTheEndsAreGone) {
  Redactor redactor;
  redactor.add_value("tiger-eye ");
  EXPECT_EQ(redactor.clean("key=tiger-eye."), "key=***.");
}

TEST(RedactorForms, HidesAValueThatItselfLooksEscaped) {
  Redactor redactor;
  for (const char* value : {"50%2Foff", "a\\nb\\tc", "R&amp;D&lt;", "a+b+c+d", "\\\\\\\\\\\\"}) {
    redactor.add_value(value);
    EXPECT_EQ(redactor.clean(std::string("x ") + value + " y"), "x *** y");
    EXPECT_EQ(redactor.clean("x " + percent_encode(value) + " y"), "x *** y");
    EXPECT_EQ(redactor.clean("x " + dump_json(value) + " y"), "x \"***\" y");
  }
}

// What looks like the value's own first character is only the beginning of an escape.
TEST(RedactorForms, HidesAValueThatBeginsLikeAnEscape) {
  for (const char* value : {"&9tiger-eye", "%9tiger-eye", "\\9tiger-eye", "+9tiger-eye"}) {
    Redactor redactor;
    redactor.add_value(value);
    const std::string rest = value + 1;
    for (const std::string& form :
         {std::string(value), percent_encode(value), percent_encode(percent_encode(value)),
          "&#" + std::to_string(value[0]) + ";" + rest, "\\u00" + to_hex({value, 1}) + rest,
          "\\x" + to_hex({value, 1}) + rest, "\\\\u00" + to_hex({value, 1}) + rest})
      EXPECT_EQ(redactor.clean("x " + form + " y"), "x *** y");
  }
  Redactor redactor;
  for (const char* value : {"&9tiger-eye", "%9tiger-eye", "\\9tiger-eye"})
    redactor.add_value(value);
  for (const char* form : {"&amp;9tiger-eye", "&AMP;9tiger-eye", "&amp;amp;9tiger-eye",
                           "&percnt;9tiger-eye", "&bsol;9tiger-eye", "\\\\9tiger-eye"})
    EXPECT_EQ(redactor.clean(std::string("x ") + form + " y"), "x *** y");
}

TEST(RedactorForms, HidesValuesThatOverlap) {
  Redactor redactor;
  redactor.add_value("abcdef");
  redactor.add_value("defghi");
  EXPECT_EQ(redactor.clean("x abcdefghi y"), "x *** y");
}

TEST(RedactorForms, LeavesOrdinaryTextAlone) {
  Redactor redactor;
  redactor.add_value(kSecret);
  redactor.add_pair("analyst", "tiger-eye-of-1977");
  for (const char* text :
       {"GET https://tq.example/api/indicators?limit=1000&offset=0 100% of it \\o/ &c. a+b",
        "done: read 10,000, skipped 12 (no value)... and so on", "\\", "%", "&", "+", "%2", "\\u00",
        "&#x", "&#xfffffff;", "&nosuch;", ""})
    EXPECT_EQ(redactor.clean(text), text);
}

// Every line of a log passes here, so a line of 4 KB with 20 secrets known costs little, whatever
// it is made of. The bound is that of a slow machine under sanitizers.
TEST(RedactorForms, CostIsBounded) {
  Redactor redactor;
  for (int i = 0; i < 20; ++i)
    redactor.add_value(to_hex(sha256("secret " + std::to_string(i))).substr(0, 32));
  std::string prose, escapes, hex;
  while (prose.size() < 4096) prose += "GET /api/indicators?limit=1000 answered 200 in 12 ms; ";
  while (escapes.size() < 4096) escapes += "%25%5C&amp;\\u0026";
  for (int i = 0; hex.size() < 4096; ++i) hex += to_hex(sha256("other " + std::to_string(i)));
  for (const std::string& line : {prose, escapes, hex}) {
    constexpr int kRuns = 50;
    const std::clock_t begin = std::clock();  // of the processor: others may keep it busy
    for (int i = 0; i < kRuns; ++i) EXPECT_EQ(redactor.clean(line).size(), line.size());
    const double each_us = 1e6 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kRuns;
    RecordProperty("microseconds_" + line.substr(1, 2), std::to_string(each_us));
    std::printf("%.6s... %.1f us a line\n", line.c_str(), each_us);
    EXPECT_LT(each_us, 500'000);
  }
}

}  // namespace
}  // namespace tq
