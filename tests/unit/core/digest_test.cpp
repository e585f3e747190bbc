// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include <gtest/gtest.h>

#include "core/secret.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

TEST(Digest, AgreesWithPublishedVectors) {
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, case 2
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64(""), "");
}

TEST(Sha256, TakesItsInputInPieces) {
  Sha256 digest;
  digest.update("a");
  digest.update("bc");
  EXPECT_EQ(digest.finish(), sha256("abc"));
}

TEST(Wipe, LeavesNothingInTheBuffer) {
  std::string text = "secret-that-is-longer-than-the-small-buffer";
  const char* bytes = text.data();
  const size_t size = text.size();
  wipe(text);
  EXPECT_EQ(std::string_view(bytes, size), std::string(size, '\0'));
}

}  // namespace
}  // namespace tq
