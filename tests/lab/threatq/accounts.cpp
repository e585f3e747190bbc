// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/accounts.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "lab/frame/request_log.hpp"

namespace lab::threatq {
namespace {

std::uint64_t monotonic_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

// Before the first and behind the last colon; a password may hold more of them.
struct Triple {
  std::string first, middle, last;
};

Triple split(const std::string& option, const char* form) {
  const std::size_t begin = option.find(':'), end = option.rfind(':');
  if (begin == std::string::npos || begin == 0)
    throw std::runtime_error("an account must be given as " + std::string(form));
  return {option.substr(0, begin), option.substr(begin + 1, end - std::min(begin + 1, end)),
          option.substr(end + 1)};
}

}  // namespace

Accounts::Accounts(const ThreatqOptions& options)
    : token_ms_(std::uint64_t{options.token_seconds} * 1000) {
  for (const std::string& option : options.users) {
    const Triple parts = split(option, "EMAIL:PASSWORD:CLIENT_ID");
    if (parts.middle.empty() || parts.last.empty())
      throw std::runtime_error("a user must be given as EMAIL:PASSWORD:CLIENT_ID");
    Account account;
    account.name = parts.first;
    account.secret = parts.middle;
    account.client_id = parts.last;
    add(std::move(account));
  }
  for (const std::string& option : options.oauth_clients) {
    split(option, "ID:SECRET");
    Account account;
    account.name = option.substr(0, option.find(':'));
    account.secret = option.substr(option.find(':') + 1);
    account.is_client = true;
    add(std::move(account));
  }
  for (const std::string& option : options.roles) set_role(option);
}

Account& Accounts::add(Account account) {
  account.id = accounts_.size() + 1;
  accounts_.push_back(std::move(account));
  return accounts_.back();
}

void Accounts::set_role(const std::string& option) {
  const Triple parts = split(option, "WHO:ROLE");
  const auto found = std::find_if(accounts_.begin(), accounts_.end(),
                                  [&](const Account& a) { return a.name == parts.first; });
  if (found == accounts_.end())
    throw std::runtime_error("--role names nobody who is known: " + parts.first);
  if (parts.last == "maintenance") {
    found->role = Role::kMaintenance;
  } else if (parts.last == "read-only") {
    found->role = Role::kReadOnly;
  } else if (parts.last == "none") {
    found->role = Role::kNone;
  } else {
    throw std::runtime_error("unknown role \"" + parts.last +
                             "\"; known: maintenance, read-only, none");
  }
}

const Account* Accounts::first_user() const {
  const std::lock_guard lock(mutex_);
  for (const Account& account : accounts_)
    if (!account.is_client) return &account;
  return nullptr;
}

const Account* Accounts::user(const std::string& email, const std::string& password,
                              const std::string& client_id) const {
  const std::lock_guard lock(mutex_);
  for (const Account& account : accounts_) {
    if (!account.is_client && account.name == email && account.secret == password &&
        account.client_id == client_id)
      return &account;
  }
  return nullptr;
}

const Account* Accounts::client(const std::string& id, const std::string& secret) const {
  const std::lock_guard lock(mutex_);
  for (const Account& account : accounts_)
    if (account.is_client && account.name == id && account.secret == secret) return &account;
  return nullptr;
}

const Account& Accounts::client_of_connector(std::uint64_t connector, Role role) {
  constexpr std::size_t kIdLetters = 32;
  const std::lock_guard lock(mutex_);
  const Account*& client = of_connectors_[connector];
  if (client != nullptr) return *client;
  const std::string number = std::to_string(connector) + ' ' + std::to_string(monotonic_ms());
  Account account;
  account.name = sha256_hex("client " + number).substr(0, kIdLetters);
  account.secret = sha256_hex("secret " + number);
  account.is_client = true;
  account.role = role;
  client = &add(std::move(account));
  return *client;
}

IssuedTokens Accounts::issue(const Account& account) {
  const std::lock_guard lock(mutex_);
  const std::string number = std::to_string(++issued_) + ' ' + std::to_string(monotonic_ms());
  IssuedTokens tokens{sha256_hex("access " + number), sha256_hex("refresh " + number)};
  access_[tokens.access] = {&account, monotonic_ms() + token_ms_};
  refresh_[tokens.refresh] = &account;
  return tokens;
}

const Account* Accounts::holder(const std::string& access_token) {
  const std::lock_guard lock(mutex_);
  const auto found = access_.find(access_token);
  if (found == access_.end() || found->second.good_until_ms <= monotonic_ms()) return nullptr;
  if (calls_to_expiry_ == 0) {
    expire_all();
    return nullptr;
  }
  if (calls_to_expiry_) --*calls_to_expiry_;
  return found->second.account;
}

const Account* Accounts::former_holder(const std::string& access_token) const {
  const std::lock_guard lock(mutex_);
  const auto found = access_.find(access_token);
  return found == access_.end() ? nullptr : found->second.account;
}

const Account* Accounts::take_refresh(const std::string& refresh_token) {
  const std::lock_guard lock(mutex_);
  const auto found = refresh_.find(refresh_token);
  if (found == refresh_.end()) return nullptr;
  const Account* account = found->second;
  refresh_.erase(found);
  return account;
}

void Accounts::expire_tokens(std::uint64_t after_calls) {
  const std::lock_guard lock(mutex_);
  if (after_calls == 0) return expire_all();
  calls_to_expiry_ = after_calls;
}

void Accounts::expire_all() {
  for (auto& [text, token] : access_) token.good_until_ms = 0;
  calls_to_expiry_.reset();
}

}  // namespace lab::threatq
