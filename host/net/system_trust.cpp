// SPDX-License-Identifier: Apache-2.0
#include "net/system_trust.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <mutex>

namespace tq {
namespace {

// All contexts share one store, which has a lock of its own.
// Never freed: a thread may verify with it while the process ends.
X509_STORE* system_store() {
  static std::mutex mutex;
  static X509_STORE* store = nullptr;
  const std::lock_guard lock(mutex);
  if (store == nullptr) {
    X509_STORE* const made = X509_STORE_new();
    if (made != nullptr && X509_STORE_set_default_paths(made) != 1) {
      X509_STORE_free(made);
    } else {
      store = made;
    }
    ERR_clear_error();  // a machine without the bundle may still have the folder
  }
  return store;
}

}  // namespace

Result<void> trust_system(SSL_CTX* context) {
  X509_STORE* const store = system_store();
  if (store == nullptr)
    return Error{Status::kTransient, "cannot load the system's CA certificates: no memory"};
  SSL_CTX_set1_verify_cert_store(context, store);
  return {};
}

}  // namespace tq
