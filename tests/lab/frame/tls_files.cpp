// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/tls_files.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr long kDaySeconds = 86'400;
constexpr long kValidDays = 3650;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw std::runtime_error(what + ' ' + path.string() + ": " + std::strerror(errno));
}

void check(bool good, const char* what) {
  if (good) return;
  char reason[256] = "";
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  throw std::runtime_error(std::string("cannot make the throw-away certificates: ") + what + ": " +
                           reason);
}

// One writer at a time per folder, over processes.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : fd_(::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) fail("cannot lock", folder / ".lock");
  }
  ~FolderLock() { ::close(fd_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

void add_extension(X509& certificate, X509& issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  check(extension != nullptr, value);
  check(X509_add_ext(&certificate, extension.get(), -1) == 1, value);
}

Certificate blank_certificate(EVP_PKEY& key, const char* name) {
  Certificate certificate(X509_new());
  check(certificate != nullptr, "memory");
  X509_set_version(certificate.get(), 2);
  unsigned char serial[16];
  check(RAND_bytes(serial, sizeof serial) == 1, "random");
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3f) | 0x40);  // positive and of full length
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidDays * kDaySeconds);
  X509_set_pubkey(certificate.get(), &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

Certificate make_ca(EVP_PKEY& key) {
  Certificate ca = blank_certificate(key, "Lab throw-away CA");
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(*ca, *ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(*ca, *ca, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(*ca, *ca, NID_subject_key_identifier, "hash");
  check(X509_sign(ca.get(), &key, EVP_sha256()) > 0, "signing the CA");
  return ca;
}

Certificate make_server(EVP_PKEY& key, X509& ca, EVP_PKEY& ca_key) {
  Certificate server = blank_certificate(key, "localhost");
  X509_set_issuer_name(server.get(), X509_get_subject_name(&ca));
  add_extension(*server, ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*server, ca, NID_key_usage, "critical,digitalSignature");
  add_extension(*server, ca, NID_ext_key_usage, "serverAuth");
  add_extension(*server, ca, NID_subject_alt_name,
                "IP:127.0.0.1,IP:::1,DNS:localhost,DNS:*.tqlab.example");
  add_extension(*server, ca, NID_authority_key_identifier, "keyid");
  check(X509_sign(server.get(), &ca_key, EVP_sha256()) > 0, "signing the server certificate");
  return server;
}

// Writes beside, then renames: nobody ever sees half a file.
template <class Write>
void write_pem(const fs::path& path, Write&& write) {
  const fs::path part = path.string() + ".part";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail("cannot write", part);
  File file(::fdopen(fd, "w"));
  check(write(file.get()) == 1, path.c_str());
  if (std::fflush(file.get()) != 0) fail("cannot write", part);
  file.reset();
  fs::rename(part, path);
}

void make_files(const TlsFiles& files) {
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key server_key(EVP_EC_gen("P-256"));
  check(ca_key && server_key, "keys");
  const Certificate ca = make_ca(*ca_key);
  const Certificate server = make_server(*server_key, *ca, *ca_key);
  write_pem(files.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, server_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  write_pem(files.certificate, [&](std::FILE* file) { return PEM_write_X509(file, server.get()); });
  write_pem(files.ca, [&](std::FILE* file) { return PEM_write_X509(file, ca.get()); });
  fs::permissions(files.ca, fs::perms(0644));
}

}  // namespace

TlsFiles tls_files(const fs::path& folder) {
  TlsFiles files{folder / "ca.pem", folder / "server.pem", folder / "server.key"};
  fs::create_directories(folder);
  const FolderLock lock(folder);
  const bool complete =
      fs::exists(files.ca) && fs::exists(files.certificate) && fs::exists(files.key);
  if (!complete) make_files(files);
  return files;
}

}  // namespace lab
