// SPDX-License-Identifier: Apache-2.0
// Tokens: the access token of one account of ThreatQ: logs in with the grant it has, renews early,
// and does so once however many threads ask. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "log/redactor.hpp"
#include "net/http.hpp"
#include "threatq/client.hpp"

namespace tq {

struct Token {
  Secret access, refresh;
  uint64_t renew_at_ms = 0;  // by the clock that never jumps
};
using TokenPtr = std::shared_ptr<const Token>;

class Tokens {
 public:
  // Everything outlives this.
  Tokens(const ThreatqOptions& options, HttpClient& http, World& world, Log& log);

  // The token, renewed or new when it is old or missing. E_AUTH: refused.
  Result<TokenPtr> current(const Cancel& cancel);
  // A token other than `refused`, which the server did not take; by a new log-in unless another
  // thread was quicker.
  Result<TokenPtr> replace(const TokenPtr& refused, const Cancel& cancel);

  // Whom the server knows us as, for messages.
  std::string user() const;

 private:
  struct Grant;
  struct Answer;

  bool by_pair() const { return !options_.oauth_id.empty() && !options_.oauth_secret.empty(); }
  Result<void> check_options() const;
  Result<TokenPtr> take(const TokenPtr& refused, const Cancel& cancel);
  Result<TokenPtr> obtain(const TokenPtr& old, const Cancel& cancel);
  Result<TokenPtr> log_in(const Cancel& cancel);
  Result<TokenPtr> exchange(const Grant& grant, const Cancel& cancel);
  Result<Answer> post(const HttpRequest& request, const Cancel& cancel);
  Answer read_answer(const HttpResponse& response, std::string body) const;
  Result<void> confirm(const TokenPtr& token, const Answer& answer, const Cancel& cancel);
  Result<TokenPtr> read_token(const Grant& grant, const Answer& answer);
  Error refused(const Grant& grant, const Answer& answer) const;

  const ThreatqOptions& options_;
  HttpClient& http_;
  World& world_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;  // some thread is at it, and only it gets and hides tokens
  PassingSecret hidden_access_{log_.redactor()}, hidden_refresh_{log_.redactor()};
  TokenPtr token_;
};

}  // namespace tq
