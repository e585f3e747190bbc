// SPDX-License-Identifier: Apache-2.0
// Texts that are cut, here or by others, and values that pass.
#include <gmock/gmock.h>

#include <optional>

#include "core/digest.hpp"
#include "log/redactor.hpp"

namespace tq {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kSecret = "Q7x/long&secret-of-32-bytes_wide";
const std::string kFiller(190, 'x');

class RedactorCut : public testing::Test {
 protected:
  RedactorCut() { redactor_.add_value(kSecret); }
  Redactor redactor_;
};

TEST_F(RedactorCut, CleansBeforeItCuts) {
  const std::string text = kFiller + " " + kSecret + " is refused";
  for (size_t limit = 180; limit < 240; ++limit) {
    EXPECT_THAT(redactor_.clean_cut(text, limit), Not(HasSubstr("Q7"))) << limit;
    EXPECT_LE(redactor_.clean_cut(text, limit).size(), limit);
    EXPECT_THAT(redactor_.clean_printable(text, limit), Not(HasSubstr("Q7"))) << limit;
  }
  EXPECT_EQ(redactor_.clean_printable("a\nb", 10), "a?b");
  EXPECT_EQ(redactor_.clean_printable("0123456789", 10), "0123456789");
  EXPECT_EQ(redactor_.clean_printable("0123456789a", 10), "0123456789...");
  EXPECT_EQ(redactor_.clean_cut("\xC3\xA9\xC3\xA9", 3), "\xC3\xA9");
}

TEST_F(RedactorCut, DropsATailThatBeginsAValue) {
  for (const std::string& form : {kSecret, std::string("Q7x%2Flong%26secret%2Dof%2D32%2Dbytes"),
                                  std::string("Q7x\\/long\\u0026secret\\u002dof-32-bytes"),
                                  base64(kSecret), base64("a" + kSecret), base64("ab" + kSecret)})
    for (size_t kept = 12; kept < form.size(); ++kept) {
      const std::string piece = form.substr(0, kept);
      const std::string cleaned = redactor_.clean("token " + piece, Cut::kTail);
      EXPECT_THAT(cleaned, EndsWith("***")) << piece;
      EXPECT_LE(cleaned.size(), 6u + 2 + 3) << cleaned;
    }
  EXPECT_EQ(redactor_.clean("token Q7x/", Cut::kTail), "token ***");
  EXPECT_EQ(redactor_.clean("token Q7x", Cut::kTail), "token Q7x") << "less tells nothing";
}

TEST_F(RedactorCut, DropsTheBeginningOfAValueInFrontOfAMark) {
  EXPECT_EQ(redactor_.clean("it said Q7x/lo... and more"), "it said ***... and more");
  EXPECT_EQ(redactor_.clean("it said Q7x/lo\xE2\x80\xA6 and more"),
            "it said ***\xE2\x80\xA6 and more");
  EXPECT_EQ(redactor_.clean("it said Q7x%2... and"), "it said Q7x%2... and") << "three bytes";
  EXPECT_EQ(redactor_.clean("it said Q7x%2Flong%2... and"), "it said ***... and");
}

// At an end that nobody marked, half a value or eight bytes, of a text that somebody may have cut.
TEST_F(RedactorCut, DropsATailOfALongTextThatNobodySaidWasCut) {
  EXPECT_EQ(redactor_.clean(kFiller + " Q7x/long&"), kFiller + " ***");
  EXPECT_EQ(redactor_.clean(kFiller + " Q7x/lon"), kFiller + " Q7x/lon");
  EXPECT_EQ(redactor_.clean("set Q7x/long&"), "set Q7x/long&") << "a short text is whole";
}

TEST_F(RedactorCut, DropsAHeadThatEndsAValue) {
  for (size_t from = 1; from + 4 <= kSecret.size(); ++from)
    EXPECT_EQ(redactor_.clean(kSecret.substr(from) + " is refused", Cut::kHead), "*** is refused");
  EXPECT_EQ(redactor_.clean("wide", Cut::kHead), "***");
  EXPECT_EQ(redactor_.clean("ide is", Cut::kHead), "ide is");
  EXPECT_EQ(redactor_.clean("bytes_wide", Cut::kUnknown), "bytes_wide");
  EXPECT_EQ(redactor_.clean("bytes_wide and Q7x/l", Cut::kBoth), "*** and ***");
}

TEST_F(RedactorCut, WorksOnNoMoreThanItShows) {
  const std::string text = std::string(1 << 20, 'y') + kSecret;
  EXPECT_THAT(redactor_.clean_cut(text, 100), SizeIs(100));
  std::string full;
  while (full.size() < 10'000) full += kSecret;  // masks make the text shorter than its limit
  EXPECT_THAT(redactor_.clean_cut(full, 2000), Not(HasSubstr("Q7x")));
}

TEST(PassingSecret, HidesThePresentOneAndTheOneBefore) {
  Redactor redactor;
  PassingSecret token(redactor);
  token.replace("token-number-1");
  token.replace("token-number-2");
  EXPECT_EQ(redactor.clean("token-number-1 token-number-2"), "*** ***");
  token.replace("token-number-3");
  EXPECT_EQ(redactor.clean("a token-number-1 b"), "a token-number-1 b") << "over and forgotten";
  EXPECT_EQ(redactor.clean("token-number-2 token-number-3"), "*** ***");
  token.replace("token-number-3");
  EXPECT_EQ(redactor.clean("token-number-2 token-number-3"), "*** ***") << "the same again";
}

TEST(PassingSecret, IsHiddenForAWhileAfterItsHolderEnds) {
  Redactor redactor;
  std::optional<PassingSecret> token(redactor);
  token->replace("first-token");
  token.reset();
  EXPECT_EQ(redactor.clean("a first-token"), "a ***");
  for (int i = 0; i < 8; ++i) {
    token.emplace(redactor);
    token->replace("later-token-" + std::to_string(i) + "!");
    token.reset();
  }
  EXPECT_EQ(redactor.clean("a first-token"), "a first-token");
  EXPECT_EQ(redactor.clean("a later-token-7!"), "a ***");
}

TEST(PassingSecret, DoesNotUncoverWhatIsKnownOtherwise) {
  Redactor redactor;
  redactor.add_value("both-ways");
  {
    PassingSecret one(redactor), two(redactor);
    one.replace("both-ways");
    two.replace("shared-token");
    one.replace("shared-token");
    one.replace("x-token");
    one.replace("y-token");
    EXPECT_EQ(redactor.clean("both-ways shared-token"), "*** ***");
  }
  EXPECT_EQ(redactor.clean("both-ways"), "***");
}

}  // namespace
}  // namespace tq
