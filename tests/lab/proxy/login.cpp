// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/login.hpp"

#include <Poco/Net/HTTPBasicCredentials.h>

#include "lab/proxy/ntlm.hpp"

namespace lab {
namespace {

// What stands behind "SCHEME "; empty: it is another scheme's.
std::string of_scheme(const std::string& scheme, const std::string& value) {
  return value.starts_with(scheme + " ") ? value.substr(scheme.size() + 1) : std::string();
}

}  // namespace

Verdict Login::judge(const std::string& connection, const std::string& method,
                     const std::string& target, const std::string& value) {
  if (options_.auth == "negotiate") return {false, "", {"Negotiate"}};
  if (options_.user.empty()) return {true, "", {}};
  if (options_.auth == "digest") return digest(method, target, value);
  return options_.auth == "ntlm" ? ntlm(connection, value) : basic(value);
}

Verdict Login::basic(const std::string& value) const {
  const Poco::Net::HTTPBasicCredentials given(of_scheme("Basic", value));
  if (given.getUsername() == options_.user && given.getPassword() == options_.password)
    return {true, "Basic", {}};
  return {false, "", {"Basic realm=\"tqlab\""}};
}

Verdict Login::digest(const std::string& method, const std::string& target,
                      const std::string& value) {
  const std::string given = of_scheme("Digest", value);
  const auto verdict =
      given.empty() ? Digest::Verdict::kWrong : digest_.judge(method, target, given);
  if (verdict == Digest::Verdict::kGood) return {true, "Digest", {}};
  return {false, "", {digest_.challenge(verdict == Digest::Verdict::kStale)}};
}

// The connection is let through once: what is let through here is its last.
Verdict Login::ntlm(const std::string& connection, const std::string& value) {
  const std::string message = of_scheme("NTLM", value);
  const int kind = ntlm_kind(message);
  const std::lock_guard lock(mutex_);
  if (kind == 1) {
    return {false, "", {"NTLM " + ntlm_challenge(options_.domain, &ntlm_challenges_[connection])}};
  }
  const auto challenge = ntlm_challenges_.find(connection);
  const bool good =
      kind == 3 && challenge != ntlm_challenges_.end() &&
      ntlm_proves(message, challenge->second, {options_.domain, options_.user, options_.password});
  if (challenge != ntlm_challenges_.end()) ntlm_challenges_.erase(challenge);
  return good ? Verdict{true, "NTLM", {}} : Verdict{false, "", {"Negotiate", "NTLM"}};
}

}  // namespace lab
