// SPDX-License-Identifier: Apache-2.0
// How this side logs in to an HTTP proxy. The proxy is asked first and chooses: Digest, NTLM or
// Basic, so that a password goes in clear only to a proxy that wants it so.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/challenge.hpp"
#include "net/head.hpp"
#include "net/proxy.hpp"

namespace tq {

enum class ProxyScheme { kUnknown, kBasic, kDigest, kNtlm };
const char* scheme_name(ProxyScheme scheme);  // "Basic", ..., "none" of one that has not asked

// What a proxy has been found to want, for all connections to it. Any thread.
class ProxyAuth {
 public:
  ProxyAuth(bool has_user, std::string user, std::string password);
  ~ProxyAuth();

  ProxyScheme scheme() const;

 private:
  friend class ProxyLogin;
  struct Digest;

  void learn(ProxyScheme scheme, const Challenge* challenge);  // null: there is none
  Result<std::string> basic() const;
  Result<std::string> digest(const std::string& method, const std::string& target);
  bool can_answer(const Challenge& challenge) const;

  const bool has_user_;
  const std::string user_, password_;
  mutable std::mutex mutex_;
  ProxyScheme scheme_ = ProxyScheme::kUnknown;
  std::unique_ptr<Digest> digest_;  // of the last challenge
};

// One request's talk with the proxy until it is let through. One thread; borrows the ProxyAuth.
class ProxyLogin {
 public:
  // `logged_in`: an earlier request has logged this connection in, by NTLM.
  ProxyLogin(ProxyAuth& auth, bool logged_in);

  // The value of Proxy-Authorization for the next try; empty: none.
  Result<std::string> credentials(const std::string& method, const std::string& target);

  // The proxy has answered 407. Success: another try may help. E_CONFIG, whose message is the
  // reason alone: it will not.
  Result<void> refused(const ResponseHead& head);

  // The next try has to go over the same connection.
  bool bound() const { return next_ == Next::kNtlmProof; }
  // What was sent last has to come over the connection of what was sent before it.
  bool half_way() const { return sent_ == Next::kNtlmProof; }
  // The next try begins a log-in of the connection, which is better done without a body.
  bool begins_ntlm() const { return next_ == Next::kNtlmHello; }
  ProxyScheme scheme() const { return auth_.scheme(); }

 private:
  enum class Next { kNothing, kBasic, kDigest, kNtlmHello, kNtlmProof };

  Result<void> go_on_with_ntlm(const std::vector<Challenge>& offers);
  bool choose(const std::vector<Challenge>& offers);
  Error nothing_fits(const std::vector<Challenge>& offers) const;
  Error wrong_password() const;

  ProxyAuth& auth_;
  Next next_ = Next::kNothing;
  Next sent_ = Next::kNothing;
  bool remembered_ = true;  // next_ rests on what an earlier request has learnt
  int rounds_ = 0;
  std::string ntlm_challenge_;
};

}  // namespace tq
