// SPDX-License-Identifier: Apache-2.0
// What the system trusts: its CA certificates. Reading them takes some 30 ms, so that is done once
// a process, for the first TLS connection that needs them. Any thread.
#pragma once

#include <openssl/ssl.h>

#include "core/result.hpp"

namespace tq {

// The context trusts them from now on. What is installed later is seen by the next process.
// E_TRANSIENT: no memory.
Result<void> trust_system(SSL_CTX* context);

}  // namespace tq
