// SPDX-License-Identifier: Apache-2.0
#include "net/peer_certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <memory>
#include <string_view>

#include "core/text.hpp"
#include "net/patience.hpp"
#include "net/tcp.hpp"
#include "net/tls_bio.hpp"
#include "net/tls_refusal.hpp"

namespace tq {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Ctx = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Free<SSL_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using StoreCtx = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

// What `print` writes into a BIO.
template <class Print>
std::string written(Print&& print) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || print(bio.get()) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string name_text(const X509_NAME* name) {
  return printable(
      written([&](BIO* bio) { return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); }));
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) out += ':';
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

// As TlsContext verifies with this certificate in its ca_file. Why it would refuse, or "".
std::string refused_by_itself(X509* certificate, const Origin& origin) {
  const std::string& host = origin.host;
  const Store store(X509_STORE_new());
  const StoreCtx verify(X509_STORE_CTX_new());
  if (store == nullptr || verify == nullptr || X509_STORE_add_cert(store.get(), certificate) != 1 ||
      X509_STORE_CTX_init(verify.get(), store.get(), certificate, nullptr) != 1)
    return "no memory for TLS";
  X509_STORE_CTX_set_default(verify.get(), "ssl_server");
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(verify.get());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  }
  if (X509_verify_cert(verify.get()) == 1) return {};
  TlsRefusal refusal;
  refusal.take(X509_STORE_CTX_get_error(verify.get()), certificate);
  return refusal.error(origin, /*own_ca_file=*/true).message;
}

Result<void> shake_hands(SSL* ssl, const Stream& plain, const Origin& origin,
                         const Patience& patience) {
  TlsRefusal refusal;
  SSL_set_app_data(ssl, &refusal);
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl);
    if (result == 1) {
      SSL_set_app_data(ssl, nullptr);
      return {};
    }
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      return Error{Status::kConfig, "the TLS handshake with " + origin.text() + " failed" +
                                        (refusal.certificate_wanted
                                             ? "; the server " + std::string(kAskedForCertificate)
                                             : std::string())};
    TQ_TRY(patience.wait(plain.fd(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT));
  }
}

}  // namespace

Result<PeerCertificate> fetch_certificate(const Origin& origin, uint64_t timeout_ms, World& world,
                                          const Cancel& cancel) {
  const Patience patience(world, cancel, timeout_ms);
  TQ_ASSIGN(const std::unique_ptr<Stream> plain, connect_tcp(origin.host, origin.port, patience));
  const BioMethod method = stream_bio_method();
  const Ctx context(SSL_CTX_new(TLS_client_method()));
  if (context != nullptr) SSL_CTX_set_client_cert_cb(context.get(), TlsRefusal::want_certificate);
  const Ssl ssl(context != nullptr ? SSL_new(context.get()) : nullptr);
  BIO* const bio = method != nullptr ? stream_bio(method.get(), plain.get()) : nullptr;
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    return Error{Status::kTransient, "no memory for TLS"};
  }
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_min_proto_version(ssl.get(), TLS1_2_VERSION);
  SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);  // a person looks at it, and nothing is sent
  if (!is_address(origin.host)) SSL_set_tlsext_host_name(ssl.get(), origin.host.c_str());
  TQ_TRY(shake_hands(ssl.get(), *plain, origin, patience));

  const Certificate certificate(SSL_get1_peer_certificate(ssl.get()));
  if (certificate == nullptr)
    return Error{Status::kConfig, origin.text() + " shows no certificate"};
  PeerCertificate out;
  out.subject = name_text(X509_get_subject_name(certificate.get()));
  out.issuer = name_text(X509_get_issuer_name(certificate.get()));
  out.not_after = printable(
      written([&](BIO* to) { return ASN1_TIME_print(to, X509_get0_notAfter(certificate.get())); }));
  out.fingerprint = fingerprint_of(certificate.get());
  out.pem = written([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); });
  out.also_lacks = refused_by_itself(certificate.get(), origin);
  return out;
}

}  // namespace tq
