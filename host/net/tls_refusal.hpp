// SPDX-License-Identifier: Apache-2.0
// TlsRefusal: why a certificate was refused, ours or theirs, kept by callbacks, because OpenSSL
// forgets it together with the handshake. One handshake, one thread.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/url.hpp"

namespace tq {

struct TlsRefusal {
  int code = X509_V_OK;  // of the first refusal
  std::string names;     // whom the certificate is for
  std::string issuer;
  std::string not_before, not_after;
  bool certificate_wanted = false;  // the server asked for one of the client

  // Of this certificate, for this reason.
  void take(int reason, X509* certificate);

  // Fills the refusal that is the SSL's app data.
  static int verify(int good, X509_STORE_CTX* store);

  // Notes in the SSL's app data that a certificate was wanted, and gives none: there is none.
  static int want_certificate(SSL* ssl, X509** certificate, EVP_PKEY** key);

  // Why, in words, and what to do. `setting` names the file that holds what is trusted.
  Error error(const Origin& origin, bool own_ca_file, const std::string& setting = "ca_file") const;
};

// OpenSSL's error is an alert by which a server that asked for a client certificate refuses to go
// on without one.
bool refuses_without_certificate(unsigned long error);

// What a server does that said so, and what one had done that only ended the connection.
inline constexpr std::string_view kWantsCertificate =
    "wants a client certificate, which tqhost does not have; have this machine let in without one";
inline constexpr std::string_view kAskedForCertificate =
    "had asked for a client certificate, which tqhost does not have";

}  // namespace tq
