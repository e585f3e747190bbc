// SPDX-License-Identifier: Apache-2.0
#include "net/tls_refusal.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string_view>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLongestNames = 200;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

template <class Print>
std::string printed(Print&& print) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || print(bio.get()) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return printable(std::string_view(text, static_cast<size_t>(size)), kLongestNames);
}

std::string name_text(const X509_NAME* name) {
  return printed([&](BIO* bio) { return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); });
}

std::string time_text(const ASN1_TIME* time) {
  return printed([&](BIO* bio) { return ASN1_TIME_print(bio, time); });
}

std::string alternative(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  const auto* bytes = static_cast<const ASN1_STRING*>(value);
  if (type == GEN_DNS)
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
            static_cast<size_t>(ASN1_STRING_length(bytes))};
  if (type != GEN_IPADD) return {};
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::string names_of(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::vector<std::string> all;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i)
    if (std::string one = alternative(sk_GENERAL_NAME_value(names, i)); !one.empty())
      all.push_back(std::move(one));
  GENERAL_NAMES_free(names);
  if (all.empty()) return name_text(X509_get_subject_name(certificate));
  return printable(join(all, ", "), kLongestNames);
}

bool issuer_unknown(int code) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

void TlsRefusal::take(int reason, X509* certificate) {
  code = reason;
  if (certificate == nullptr) return;
  names = names_of(certificate);
  issuer = name_text(X509_get_issuer_name(certificate));
  not_before = time_text(X509_get0_notBefore(certificate));
  not_after = time_text(X509_get0_notAfter(certificate));
}

int TlsRefusal::verify(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* refusal = static_cast<TlsRefusal*>(SSL_get_app_data(ssl));
  refusal->take(X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store));
  return 0;
}

int TlsRefusal::want_certificate(SSL* ssl, X509**, EVP_PKEY**) {
  auto* refusal = static_cast<TlsRefusal*>(SSL_get_app_data(ssl));
  if (refusal != nullptr) refusal->certificate_wanted = true;
  return 0;
}

bool refuses_without_certificate(unsigned long error) {
  switch (ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET) {
    case SSL_AD_HANDSHAKE_FAILURE:  // TLS 1.2's
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:  // TLS 1.3's
      return true;
    default:
      return false;
  }
}

Error TlsRefusal::error(const Origin& origin, bool own_ca_file, const std::string& setting) const {
  std::string message = "cannot trust " + origin.text() + ": ";
  switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      message += "its certificate is for " + names + ", not for " + origin.host +
                 "; use a name that the certificate has, or have it issued for this one";
      break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      message += "the certificate of " + names + " expired on " + not_after +
                 "; it must be renewed on the server";
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      message += "the certificate of " + names + " is valid only from " + not_before +
                 "; check the clocks of both machines";
      break;
    default:
      message += std::string("certificate verify failed: ") + X509_verify_cert_error_string(code) +
                 " (issued by " + issuer + ")";
      if (!issuer_unknown(code)) break;
      message += own_ca_file ? "; " + setting + " does not hold the CA that signed it"
                             : "; set " + setting + " to the CA that signed it";
  }
  return {Status::kConfig, std::move(message)};
}

}  // namespace tq
