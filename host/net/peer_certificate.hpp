// SPDX-License-Identifier: Apache-2.0
// PeerCertificate: what a server shows of itself before anybody trusts it, for a person to decide.
// A value; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/world.hpp"
#include "net/url.hpp"

namespace tq {

struct PeerCertificate {
  std::string subject, issuer, not_after;  // printable
  std::string fingerprint;                 // SHA-256, "AB:CD:..."
  std::string pem;                         // the server's own certificate
  // A client whose ca_file is `pem` would trust it: the name is the right one, it is in its time.
  bool trust_is_all_it_lacks = false;
};

// Connects straight to the origin and asks for nothing. E_CONFIG: it is not TLS what the other side
// speaks; E_TRANSIENT, E_CANCELLED.
Result<PeerCertificate> fetch_certificate(const Origin& origin, uint64_t timeout_ms, World& world,
                                          const Cancel& cancel);

}  // namespace tq
