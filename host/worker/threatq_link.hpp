// SPDX-License-Identifier: Apache-2.0
// ThreatqLink: the instance's way to ThreatQ: its own HTTP client (CA, proxy or none) and a client
// with the instance's credentials. A private OAuth pair is preferred: the configured one, else the
// one that an earlier run or `configure` put into the vault. Home thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "threatq/client.hpp"
#include "worker/ground.hpp"

namespace tq {

// Whom a private pair is for: the server, the client id and the user with which it was asked for.
// It stands beside the pair, and with anything else the pair is not used: it would be shown to
// another server, or log in as somebody else.
std::string pair_owner(const Origin& origin, const std::string& client_id,
                       const std::string& username);

// The pair as the vault keeps it, to be set at once.
std::map<std::string, Secret> pair_secrets(const std::string& instance, const OauthPair& pair,
                                           const std::string& owner);

class ThreatqLink {
 public:
  // Sends nothing. E_CONFIG: no ThreatQ is configured, its host or a secret is wrong.
  static Result<std::unique_ptr<ThreatqLink>> connect(const Ground& ground);

  ThreatqClient& client() { return *client_; }
  const std::string& link_base() const { return link_base_; }  // "https://tq.example/indicators/"
  bool by_kept_pair() const { return by_kept_pair_; }          // logs in with a pair from the vault

  // Logs in. A kept pair that is refused is forgotten, and the password is tried instead.
  Result<void> log_in(const Ground& ground);

  // Whether the password would do, which no log-in with a kept pair shows. None is good, too.
  Result<void> try_password(const Ground& ground);

 private:
  ThreatqLink() = default;
  Result<void> make_client(const Ground& ground, bool with_kept_pair);
  std::unique_ptr<ThreatqClient> client_with(ThreatqOptions options, const Ground& ground);

  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<ThreatqClient> client_;
  std::string link_base_;
  bool by_kept_pair_ = false;
};

// What a person has to know when a setting says that ThreatQ's certificate is not verified; empty:
// it is, or there is none.
std::string threatq_unverified(const HostConfig& config, const ThreatqConfig& threatq);

// Keeps the pair for later runs. Best effort: without it they log in with the password.
void keep_pair(const Ground& ground, const OauthPair& pair);

}  // namespace tq
