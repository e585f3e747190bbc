// SPDX-License-Identifier: Apache-2.0
// The server's half of Digest (RFC 7616 with MD5 and the quality "auth"). Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace lab {

std::string md5_hex(const std::string& bytes);

class Digest {
 public:
  // A nonce is good for so many requests, each with a higher count.
  Digest(std::string user, std::string password, std::uint64_t uses)
      : user_(std::move(user)), password_(std::move(password)), uses_(uses) {}

  enum class Verdict { kGood, kWrong, kStale };
  // `value`: what stands behind "Digest ".
  Verdict judge(const std::string& method, const std::string& target, const std::string& value);

  // The value of a challenge, with a new nonce.
  std::string challenge(bool stale);

 private:
  const std::string user_, password_;
  const std::uint64_t uses_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;  // nonce -> the highest count that was used
};

}  // namespace lab
