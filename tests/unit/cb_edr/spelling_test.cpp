// SPDX-License-Identifier: Apache-2.0
#include "spelling.hpp"

#include <gmock/gmock.h>

namespace cb_edr {
namespace {

using testing::Contains;
using testing::ElementsAre;

TEST(Spellings, EachMeansTheSame) {
  const std::string sha256(64, 'a');
  const std::vector<std::pair<Kind, std::string>> values = {
      {Kind::kIp, "192.0.2.1"},
      {Kind::kIp, "2001:db8::1"},
      {Kind::kIp, "2001:db8::c000:1"},
      {Kind::kFqdn, "bad.example.com"},
      {Kind::kFqdn, "xn--bcher-kva.example"},
      {Kind::kSha256, sha256},
  };
  for (const auto& [kind, value] : values) {
    std::string form, other;
    const Normal normal = normalise(kind, value, &form);
    ASSERT_EQ(normal.refusal, Refusal::kNone) << value;
    for (const std::string& spelling : spellings_of(normal.field, form)) {
      const Normal again = normalise(kind, spelling, &other);
      EXPECT_EQ(again.refusal, Refusal::kNone) << spelling;
      EXPECT_EQ(again.field, normal.field) << spelling;
      EXPECT_EQ(other, form) << spelling;
    }
  }
}

TEST(Spellings, OfAnIpv4AddressAreAlsoItsMappedFormsAndItsBlock) {
  EXPECT_THAT(spellings_of(Field::kIpv4, "192.0.2.1"),
              ElementsAre("192.0.2.1", "192.0.2.1/32", "::ffff:192.0.2.1", "::ffff:c000:201"));
}

TEST(Spellings, OfAnIpv6AddressAreAlsoItsBlock) {
  EXPECT_THAT(spellings_of(Field::kIpv6, "20010DB8000000000000000000000001"),
              Contains("2001:db8::1/128"));
}

TEST(Spellings, OfANameAreAlsoItsUrlAndWhatPeopleWrite) {
  EXPECT_THAT(spellings_of(Field::kDomain, "xn--bcher-kva.example"),
              testing::AllOf(Contains("b\xC3\xBC"
                                      "cher.example"),
                             Contains("xn--bcher-kva.example/"),
                             Contains("https://xn--bcher-kva.example")));
}

}  // namespace
}  // namespace cb_edr
