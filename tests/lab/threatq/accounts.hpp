// SPDX-License-Identifier: Apache-2.0
// Users and private OAuth clients, and the tokens that they got. All members are thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lab/threatq/threatq.hpp"
#include "lab/threatq/times.hpp"

namespace lab::threatq {

enum class Role { kMaintenance, kReadOnly, kNone };

struct Account {
  std::uint64_t id = 0;
  std::string name;  // email, or id of the OAuth client
  std::string secret;
  std::string client_id;  // of a user
  bool is_client = false;
  Role role = Role::kMaintenance;
};

struct IssuedTokens {
  std::string access;
  std::string refresh;
};

class Accounts {
 public:
  explicit Accounts(const ThreatqOptions& options);

  // The owner of the collections that the options name; null without users.
  const Account* first_user() const;

  // Null when any of it is wrong.
  const Account* user(const std::string& email, const std::string& password,
                      const std::string& client_id) const;
  const Account* client(const std::string& id, const std::string& secret) const;
  // The OAuth client that belongs to this connector; made when it is asked for first.
  const Account& client_of_connector(std::uint64_t connector, Role role);

  IssuedTokens issue(const Account& account);
  // Who holds this token, if it is still good.
  const Account* holder(const std::string& access_token);
  // Whose access token this is or was.
  const Account* former_holder(const std::string& access_token) const;
  // A refresh token is good once.
  const Account* take_refresh(const std::string& refresh_token);

  // All tokens die, now or after so many more calls with a good one.
  void expire_tokens(std::uint64_t after_calls);

 private:
  struct Token {
    const Account* account;
    std::uint64_t good_until_ms;
  };

  Account& add(Account account);
  void set_role(const std::string& option);
  void expire_all();

  const std::uint64_t token_ms_;
  mutable std::mutex mutex_;      // guards what follows
  std::deque<Account> accounts_;  // none goes or changes after the constructor
  std::map<std::uint64_t, const Account*> of_connectors_;
  std::map<std::string, Token> access_;
  std::map<std::string, const Account*> refresh_;
  std::optional<std::uint64_t> calls_to_expiry_;
  std::uint64_t issued_ = 0;
};

}  // namespace lab::threatq
