// SPDX-License-Identifier: Apache-2.0
#include "net/tls_bio.hpp"

#include <cerrno>

namespace tq {
namespace {

int outcome(BIO* bio, const Io& io) {
  switch (io.what) {
    case Io::What::kBytes:
      return static_cast<int>(io.size);
    case Io::What::kWantRead:
      BIO_set_retry_read(bio);
      return -1;
    case Io::What::kWantWrite:
      BIO_set_retry_write(bio);
      return -1;
    case Io::What::kEnd:
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      return 0;
    case Io::What::kBroken:
      break;
  }
  return -1;
}

Stream& stream_of(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }

int read_bytes(BIO* bio, char* out, int capacity) {
  BIO_clear_retry_flags(bio);
  return outcome(bio, stream_of(bio).read(out, static_cast<size_t>(capacity)));
}

int write_bytes(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  return outcome(bio, stream_of(bio).write(bytes, static_cast<size_t>(size)));
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

BioMethod stream_bio_method() {
  BioMethod method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tq stream"));
  if (method != nullptr) {
    BIO_meth_set_read(method.get(), read_bytes);
    BIO_meth_set_write(method.get(), write_bytes);
    BIO_meth_set_ctrl(method.get(), control);
  }
  return method;
}

BIO* stream_bio(const BIO_METHOD* method, Stream* stream) {
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, stream);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace tq
