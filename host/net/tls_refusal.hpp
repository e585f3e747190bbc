// SPDX-License-Identifier: Apache-2.0
// TlsRefusal: why a certificate was refused, kept by the verify callback, because OpenSSL forgets
// the certificate together with the handshake. One handshake, one thread.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "core/result.hpp"
#include "net/url.hpp"

namespace tq {

struct TlsRefusal {
  int code = X509_V_OK;  // of the first refusal
  std::string names;     // whom the certificate is for
  std::string issuer;
  std::string not_before, not_after;

  // Of this certificate, for this reason.
  void take(int reason, X509* certificate);

  // Fills the refusal that is the SSL's app data.
  static int verify(int good, X509_STORE_CTX* store);

  // Why, in words, and what to do. `setting` names the file that holds what is trusted.
  Error error(const Origin& origin, bool own_ca_file, const std::string& setting = "ca_file") const;
};

}  // namespace tq
