// SPDX-License-Identifier: Apache-2.0
// TlsContext: what a client trusts, and the handshake by it: TLS 1.2 or later, the chain and the
// host name or address verified. Any thread once made.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "net/patience.hpp"
#include "net/stream.hpp"
#include "net/url.hpp"

namespace tq {

class TlsContext {
 public:
  // `ca_file` empty: the system's CAs. `setting` is what people call that file. E_CONFIG.
  static Result<std::unique_ptr<TlsContext>> create(const std::filesystem::path& ca_file,
                                                    bool verify,
                                                    const std::string& setting = "ca_file");
  ~TlsContext();

  // TLS over a connected stream. E_CONFIG: the certificate is refused, or it is not TLS what the
  // other side speaks; E_TRANSIENT: the connection broke.
  Result<std::unique_ptr<Stream>> shake_hands(std::unique_ptr<Stream> plain, const Origin& origin,
                                              const Patience& patience) const;

 private:
  struct Parts;
  explicit TlsContext(std::shared_ptr<const Parts> parts);

  std::shared_ptr<const Parts> parts_;  // streams hold it, too: they may outlive the context
};

}  // namespace tq
