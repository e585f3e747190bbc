// SPDX-License-Identifier: Apache-2.0
// On OpenSSL itself: Poco hides why a certificate was refused, cannot read an answer while it
// writes a request, and brings four libraries that nothing here uses.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "core/file.hpp"
#include "net/system_trust.hpp"
#include "net/tls_bio.hpp"
#include "net/tls_refusal.hpp"

namespace tq {

struct TlsContext::Parts {
  struct Free {
    void operator()(SSL_CTX* made) const { SSL_CTX_free(made); }
  };

  std::unique_ptr<SSL_CTX, Free> context;
  BioMethod bio_method;
  bool own_ca_file = false;
  std::string setting;  // that names the file
};

namespace {

constexpr size_t kCaFileBytesMost = 16 << 20;
constexpr int kLongestChain = 9;
constexpr size_t kReadAheadBytes = 64 * 1024;  // several records a system call

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "TLS failed";
}

// OpenSSL would open the file itself, and wait for a named pipe.
Result<void> trust(SSL_CTX* ctx, const std::filesystem::path& ca_file, const std::string& setting) {
  const auto refuse = [&](const std::string& why) {
    ERR_clear_error();
    return Error{Status::kConfig, "cannot load " + setting + " " + ca_file.string() + ": " + why};
  };
  std::error_code error;
  if (std::filesystem::is_directory(ca_file, error))
    return SSL_CTX_load_verify_dir(ctx, ca_file.c_str()) == 1
               ? Result<void>()
               : Result<void>(refuse("the folder cannot be used"));
  const auto text = read_file(ca_file, kCaFileBytesMost);
  if (!text) return refuse(text.error().message);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())), &BIO_free);
  const auto free_all = [](STACK_OF(X509_INFO) * infos) {
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
  };
  const std::unique_ptr<STACK_OF(X509_INFO), decltype(free_all)> infos(
      bytes ? PEM_X509_INFO_read_bio(bytes.get(), nullptr, nullptr, nullptr) : nullptr, free_all);
  X509_STORE* const store = SSL_CTX_get_cert_store(ctx);
  size_t found = 0;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* const info = sk_X509_INFO_value(infos.get(), i);
    if (info->x509 != nullptr && X509_STORE_add_cert(store, info->x509) == 1) ++found;
    if (info->crl != nullptr && X509_STORE_add_crl(store, info->crl) == 1) ++found;
  }
  if (found == 0) return refuse("no certificates in PEM could be read from it");
  ERR_clear_error();
  return {};
}

class TlsStream : public Stream {
 public:
  // `keep`: what the BIO inside `ssl` stands on. `certificate_wanted`: the server asked for one of
  // ours.
  TlsStream(std::shared_ptr<const void> keep, std::unique_ptr<Stream> plain, Ssl ssl,
            bool certificate_wanted)
      : keep_(std::move(keep)),
        plain_(std::move(plain)),
        ssl_(std::move(ssl)),
        may_want_certificate_(certificate_wanted) {}

  ~TlsStream() override {
    ERR_clear_error();
    if (orderly_) SSL_shutdown(ssl_.get());
  }

  int fd() const override { return plain_->fd(); }

  Io read(char* out, size_t capacity) override {
    ERR_clear_error();
    Io io =
        outcome(SSL_read(ssl_.get(), out, static_cast<int>(std::min<size_t>(capacity, INT_MAX))));
    if (io.what == Io::What::kBytes) may_want_certificate_ = false;
    return io;
  }

  Io write(const char* bytes, size_t size) override {
    ERR_clear_error();
    return outcome(SSL_write(ssl_.get(), bytes, static_cast<int>(std::min<size_t>(size, INT_MAX))));
  }

 private:
  Io outcome(int result) {
    if (result > 0) return {Io::What::kBytes, static_cast<size_t>(result)};
    const unsigned long error = ERR_peek_last_error();
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {Io::What::kWantRead};
      case SSL_ERROR_WANT_WRITE:
        return {Io::What::kWantWrite};
      case SSL_ERROR_ZERO_RETURN:
        if (!may_want_certificate_) return {Io::What::kEnd};
        return unwanted("closed by the server", error);
      default:
        orderly_ = false;
        const std::string reason = error != 0 ? openssl_reason() : "the connection was reset";
        if (may_want_certificate_) return unwanted(reason, error);
        return {Io::What::kBroken, 0, reason};
    }
  }

  // TLS 1.3 tells only after the handshake that a client without a certificate is not wanted.
  static Io unwanted(const std::string& reason, unsigned long error) {
    if (refuses_without_certificate(error))
      return {Io::What::kBroken, 0, "the server " + std::string(kWantsCertificate), true};
    return {Io::What::kBroken, 0, reason + "; the server " + std::string(kAskedForCertificate)};
  }

  std::shared_ptr<const void> keep_;
  std::unique_ptr<Stream> plain_;
  Ssl ssl_;                    // goes first: its BIO points to the two others
  bool orderly_ = true;        // OpenSSL forbids a shutdown after a fatal error
  bool may_want_certificate_;  // until it has sent something, and so let us in
};

// The other side ended before the handshake was over: restarting, or not for us.
bool ended_early() {
  const unsigned long code = ERR_peek_last_error();
  return code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

// `error`: what SSL_get_error() calls it.
Error handshake_failed(const Origin& origin, int error, bool certificate_wanted) {
  const std::string where = "cannot connect to " + origin.text() + ": ";
  const std::string asked =
      certificate_wanted ? "; the server " + std::string(kAskedForCertificate) : std::string();
  if (error == SSL_ERROR_SYSCALL || ended_early())
    return {Status::kTransient, where + "the connection ended during the TLS handshake" + asked};
  if (certificate_wanted && refuses_without_certificate(ERR_peek_last_error()))
    return {Status::kConfig, where + "the server " + std::string(kWantsCertificate)};
  return {Status::kConfig,
          where + "the TLS handshake failed: " + openssl_reason() +
              (asked.empty() ? "; check that the port speaks https (TLS 1.2 or later)" : asked)};
}

}  // namespace

TlsContext::TlsContext(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::create(const std::filesystem::path& ca_file,
                                                       bool verify, const std::string& setting) {
  auto parts = std::make_shared<Parts>();
  parts->own_ca_file = !ca_file.empty();
  parts->setting = setting;
  parts->bio_method = stream_bio_method();
  parts->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const ctx = parts->context.get();
  if (parts->bio_method == nullptr || ctx == nullptr)
    return Error{Status::kTransient, "no memory for TLS"};
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_verify_depth(ctx, kLongestChain);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  if (!ca_file.empty()) {
    TQ_TRY(trust(ctx, ca_file, setting));
  } else if (verify) {
    TQ_TRY(trust_system(ctx));
  }
  SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     verify ? TlsRefusal::verify : nullptr);
  SSL_CTX_set_client_cert_cb(ctx, TlsRefusal::want_certificate);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_default_read_buffer_len(ctx, kReadAheadBytes);
  SSL_CTX_set_read_ahead(ctx, 1);
  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(ctx);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // A file of one's own may hold the server's own certificate or an intermediate CA.
  if (parts->own_ca_file) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(parts)));
}

Result<std::unique_ptr<Stream>> TlsContext::shake_hands(std::unique_ptr<Stream> plain,
                                                        const Origin& origin,
                                                        const Patience& patience) const {
  ERR_clear_error();
  Ssl ssl(SSL_new(parts_->context.get()));
  BIO* bio = stream_bio(parts_->bio_method.get(), plain.get());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    return Error{Status::kTransient, "no memory for TLS"};
  }
  SSL_set_bio(ssl.get(), bio, bio);
  TlsRefusal refusal;
  SSL_set_app_data(ssl.get(), &refusal);
  if (is_address(origin.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), origin.host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl.get(), origin.host.c_str());
    SSL_set1_host(ssl.get(), origin.host.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      const short event = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      if (auto ready = patience.wait(plain->fd(), event); !ready)
        return std::move(ready.error()).in("TLS handshake with " + origin.text());
      continue;
    }
    if (refusal.code != X509_V_OK)
      return refusal.error(origin, parts_->own_ca_file, parts_->setting);
    return handshake_failed(origin, error, refusal.certificate_wanted);
  }
  SSL_set_app_data(ssl.get(), nullptr);
  return std::unique_ptr<Stream>(std::make_unique<TlsStream>(
      parts_, std::move(plain), std::move(ssl), refusal.certificate_wanted));
}

}  // namespace tq
