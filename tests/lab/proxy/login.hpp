// SPDX-License-Identifier: Apache-2.0
// Who may pass: the log-ins that a proxy can ask for, one of them at a time. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lab/proxy/digest.hpp"
#include "lab/proxy/proxy.hpp"

namespace lab {

struct Verdict {
  bool through = false;
  std::string login;                    // how it was let through: "Basic", ..., "" where all may
  std::vector<std::string> challenges;  // of Proxy-Authenticate, when it was not
};

class Login {
 public:
  explicit Login(const ProxyOptions& options)
      : options_(options), digest_(options.user, options.password, options.nonce_uses) {}

  // `connection` names it for as long as it is open; `value` is Proxy-Authorization's.
  Verdict judge(const std::string& connection, const std::string& method, const std::string& target,
                const std::string& value);

 private:
  Verdict basic(const std::string& value) const;
  Verdict digest(const std::string& method, const std::string& target, const std::string& value);
  Verdict ntlm(const std::string& connection, const std::string& value);

  const ProxyOptions& options_;
  Digest digest_;
  std::mutex mutex_;
  std::map<std::string, std::string> ntlm_challenges_;  // by connection
};

}  // namespace lab
