// SPDX-License-Identifier: Apache-2.0
// What a proxy may say about its log-in: a few challenges come out of it, and an answer to NTLM or
// an error.
#include <cstdlib>

#include "net/challenge.hpp"
#include "net/ntlm.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto offers = tq::parse_challenges({{"Proxy-Authenticate", text}}, "proxy-authenticate");
  if (offers.size() > 16) std::abort();
  for (const tq::Challenge& offer : offers) {
    if (offer.scheme.empty() || offer.parameters.size() > 32) std::abort();
    if (!offer.token.empty()) static_cast<void>(tq::ntlm_proof("DOMAIN\\user", "pw", offer.token));
  }
  if (const auto proof = tq::ntlm_proof("user", "pw", text); proof && proof->empty()) std::abort();
  return 0;
}
