// SPDX-License-Identifier: Apache-2.0
// Digests and encodings, by OpenSSL's libcrypto. Each object belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tq {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  std::string finish();  // 32 raw bytes; once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256(std::string_view bytes);                             // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 raw bytes
std::string base64(std::string_view bytes);

}  // namespace tq
