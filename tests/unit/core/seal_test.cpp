// SPDX-License-Identifier: Apache-2.0
#include "core/seal.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/digest.hpp"

namespace tq {
namespace {

Secret key_of(char fill) { return Secret(std::string(kSealKeyBytes, fill)); }

std::string opened(const Secret& key, std::string_view context, std::string_view sealed) {
  const auto text = unseal(key, context, sealed);
  if (text) return std::string(text->reveal());
  EXPECT_EQ(text.error().status, Status::kData);
  EXPECT_EQ(text.error().message,
            "a sealed text cannot be opened: it is damaged, stands in another's place, or was "
            "sealed with another key");
  return "(refused)";
}

TEST(Seal, OpensWithTheSameKeyAndContext) {
  const Secret key = make_seal_key();
  for (const std::string& text :
       {std::string("hunter2"), std::string(), std::string("a\0b\xff\n", 5),
        std::string(70000, 'x'), std::string("$ ' \" \\ ` ! % & ; | < > * ? [ ] { } ~ # \xc3\xa4")})
    EXPECT_EQ(opened(key, "secret", seal(key, "secret", text)), text);
}

TEST(Seal, OpensWithNothingElse) {
  const Secret key = key_of('k');
  const std::string sealed = seal(key, "secret a", "hunter2");
  EXPECT_EQ(opened(key_of('l'), "secret a", sealed), "(refused)");
  EXPECT_EQ(opened(key, "secret b", sealed), "(refused)");
  EXPECT_EQ(opened(key, "", sealed), "(refused)");
}

TEST(Seal, EveryChangedOrMissingByteIsNoticed) {
  const Secret key = key_of('k');
  const std::string sealed = seal(key, "c", "hunter2");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(opened(key, "c", damaged), "(refused)") << "changed at " << i;
    EXPECT_EQ(opened(key, "c", sealed.substr(0, i)), "(refused)") << "cut at " << i;
  }
  EXPECT_EQ(opened(key, "c", sealed + "AAAA"), "(refused)");
  EXPECT_EQ(opened(key, "c", sealed + "\n"), "(refused)");
}

TEST(Seal, ShowsNothingAndNeverTheSameTwice) {
  const Secret key = key_of('k');
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(seal(key, "c", "hunter2hunter2hunter2"));
  EXPECT_EQ(seen.size(), 100u);
  for (const std::string& sealed : seen)
    EXPECT_EQ(sealed.find(base64("hunter2").substr(0, 8)), std::string::npos);
}

// Bytes that an independent program makes by docs/formats/secrets.md: the format is what it was.
TEST(Seal, OpensWhatWasSealedLongAgo) {
  EXPECT_EQ(opened(key_of('k'), std::string("secret\0tq", 9),
                   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXv4au9GvOi/j/eZqbmp5/Xu/WyotyveA="),
            "hunter2");
}

TEST(SealKey, IsRandomAndHas32Bytes) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const Secret key = make_seal_key();
    EXPECT_EQ(key.reveal().size(), kSealKeyBytes);
    seen.insert(std::string(key.reveal()));
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(SealKey, HasAnIdThatSaysNothingAboutIt) {
  EXPECT_EQ(seal_key_id(key_of('k')), "5a6682012032fbaa");
  EXPECT_NE(seal_key_id(key_of('k')), seal_key_id(key_of('l')));
}

TEST(SealKey, GoesThroughText) {
  const Secret key = make_seal_key();
  const Secret text = seal_key_text(key);
  EXPECT_EQ(text.reveal(), base64(key.reveal()));
  const auto back = seal_key_from(text.reveal());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->reveal(), key.reveal());
}

TEST(SealKey, IsNothingElse) {
  for (const std::string& text :
       {std::string(), base64(std::string(31, 'k')), base64(std::string(33, 'k')),
        base64(std::string(32, 'k')) + "\n", " " + base64(std::string(32, 'k')),
        std::string(44, '?'), base64(std::string(32, 'k')).substr(0, 43)})
    EXPECT_FALSE(seal_key_from(text).has_value()) << text;
}

}  // namespace
}  // namespace tq
