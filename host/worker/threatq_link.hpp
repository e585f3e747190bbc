// SPDX-License-Identifier: Apache-2.0
// ThreatqLink: the instance's way to ThreatQ: its own HTTP client (CA, proxy or none) and a client
// with the instance's credentials. A private OAuth pair is preferred: the configured one, else the
// one that an earlier run or `configure` put into the vault. Home thread.
#pragma once

#include <memory>
#include <string>

#include "threatq/client.hpp"
#include "worker/ground.hpp"

namespace tq {

// Names of an instance's secrets in the vault.
std::string password_secret(const std::string& instance);
std::string oauth_id_secret(const std::string& instance);
std::string oauth_key_secret(const std::string& instance);

class ThreatqLink {
 public:
  // Sends nothing. E_CONFIG: no ThreatQ is configured, its host or a secret is wrong.
  static Result<std::unique_ptr<ThreatqLink>> connect(const Ground& ground);

  ThreatqClient& client() { return *client_; }
  const std::string& link_base() const { return link_base_; }  // "https://tq.example/indicators/"
  bool by_kept_pair() const { return by_kept_pair_; }          // logs in with a pair from the vault

  // Logs in. A kept pair that is refused is forgotten, and the password is tried instead.
  Result<void> log_in(const Ground& ground);

 private:
  ThreatqLink() = default;
  Result<void> make_client(const Ground& ground, bool with_kept_pair);

  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<ThreatqClient> client_;
  std::string link_base_;
  bool by_kept_pair_ = false;
};

// Keeps the pair for later runs. Best effort: without it they log in with the password.
void keep_pair(const Ground& ground, const OauthPair& pair);

}  // namespace tq
