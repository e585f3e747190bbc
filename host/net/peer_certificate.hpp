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
  // Why a client whose ca_file is `pem` would refuse it all the same: another name, out of its
  // time. Empty: trust is all that it lacks.
  std::string also_lacks;
};

// Connects straight to the origin and asks for nothing. E_CONFIG: it is not TLS what the other side
// speaks; E_TRANSIENT, E_CANCELLED.
Result<PeerCertificate> fetch_certificate(const Origin& origin, uint64_t timeout_ms, World& world,
                                          const Cancel& cancel);

}  // namespace tq
