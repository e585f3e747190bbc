// SPDX-License-Identifier: Apache-2.0
// An OpenSSL BIO over a Stream. OpenSSL's own socket BIO raises SIGPIPE when the other side has
// gone.
#pragma once

#include <openssl/bio.h>

#include <memory>

#include "net/stream.hpp"

namespace tq {

struct FreeBioMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};
using BioMethod = std::unique_ptr<BIO_METHOD, FreeBioMethod>;

BioMethod stream_bio_method();  // null without memory

// The stream and the method outlive the BIO. Null without memory.
BIO* stream_bio(const BIO_METHOD* method, Stream* stream);

}  // namespace tq
