// SPDX-License-Identifier: Apache-2.0
#include "threatq/token.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/saturating.hpp"
#include "core/text.hpp"
#include "net/retry_after.hpp"
#include "threatq/answer.hpp"
#include "threatq/errors.hpp"
#include "threatq/secret_body.hpp"

namespace tq {
namespace {

constexpr int kAttempts = 5;
constexpr uint64_t kFirstBackoffMs = 500;
constexpr uint64_t kLongestWaitMs = 30'000;
constexpr size_t kAnswerLimit = 1 << 20;
constexpr int64_t kDefaultLifeS = 30 * 60;
constexpr int64_t kLongestLifeS = 365 * 86'400;

std::shared_ptr<const Body> login_body(const ThreatqOptions& options) {
  Json json = {{"email", options.username}, {"password", std::string(options.password.reveal())}};
  std::string text = dump_json(json);
  wipe(json["password"].get_ref<std::string&>());
  return secret_body(&text);
}

// `expires_in` is seconds, as a number or as text.
int64_t life_s(const Json& answer) {
  int64_t seconds = 0;
  if (const auto found = answer.find("expires_in"); found != answer.end()) {
    if (found->is_number()) {
      seconds = static_cast<int64_t>(
          std::clamp(found->get<double>(), 0.0, static_cast<double>(kLongestLifeS)));
    } else if (found->is_string()) {
      const auto& text = found->get_ref<const std::string&>();
      std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
  }
  return seconds > 0 ? std::min(seconds, kLongestLifeS) : kDefaultLifeS;
}

// At 80 % of its life, and at least 60 s before its end if it lives two minutes or more.
uint64_t renew_after_ms(int64_t life_s) {
  const int64_t early_s = std::max(life_s / 5, std::min<int64_t>(60, life_s / 2));
  return static_cast<uint64_t>(life_s - early_s) * 1000;
}

bool worth_repeating(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

struct Tokens::Grant {
  const char* name;
  std::string query;
  Authorize authorize{};
  std::shared_ptr<const Body> body{};
};

struct Tokens::Answer {
  int status = 0;
  std::string body, type, location;
  bool timed = false;         // it gave a time that can be read
  bool asks_to_wait = false;  // it did, or is a 429
  RetryAfter wait{};          // then
};

Tokens::Tokens(const ThreatqOptions& options, HttpClient& http, World& world, Log& log)
    : options_(options), http_(http), world_(world), log_(log) {
  log_.redactor().add_pair(options_.username, options_.password.reveal());
  log_.redactor().add_pair(options_.oauth_id, options_.oauth_secret.reveal());
}

std::string Tokens::user() const {
  return by_pair() ? "OAuth client " + options_.oauth_id : options_.username;
}

Result<TokenPtr> Tokens::current(const Cancel& cancel) { return take(nullptr, cancel); }

Result<TokenPtr> Tokens::replace(const TokenPtr& refused, const Cancel& cancel) {
  return take(refused, cancel);
}

Result<TokenPtr> Tokens::take(const TokenPtr& refused, const Cancel& cancel) {
  constexpr auto kLook = std::chrono::milliseconds(20);
  std::unique_lock lock(mutex_);
  while (true) {
    if (cancel.cancelled()) return cancelled();
    if (token_ && token_ != refused && world_.mono_ms() < token_->renew_at_ms) return token_;
    if (!busy_) break;
    changed_.wait_for(lock, kLook);  // in slices: a cancel wakes nobody here
  }
  busy_ = true;
  const TokenPtr old = token_ == refused ? nullptr : token_;
  lock.unlock();
  auto fresh = obtain(old, cancel);
  lock.lock();
  busy_ = false;
  if (fresh) token_ = *fresh;
  changed_.notify_all();
  return fresh;
}

// `old`: a token whose time is nearly over, or null.
Result<TokenPtr> Tokens::obtain(const TokenPtr& old, const Cancel& cancel) {
  TQ_TRY(check_options());
  if (old && !by_pair() && !old->refresh.empty()) {
    const Grant grant{
        "refresh_token",
        "grant_type=refresh_token&refresh_token=" + percent_encode(old->refresh.reveal()),
        [old](std::string_view, const Url&, int64_t, Headers* headers) -> Result<void> {
          headers->emplace_back("Authorization", "Bearer " + std::string(old->access.reveal()));
          return {};
        }};
    auto fresh = exchange(grant, cancel);
    if (fresh || fresh.error().status == Status::kCancelled) return fresh;
    log_.debug(Event::kThreatqLogin, "the token could not be renewed; logging in anew",
               {{"reason", fresh.error().message}});
  }
  return log_in(cancel);
}

Result<void> Tokens::check_options() const {
  if (by_pair()) return {};
  const bool pair = !options_.oauth_id.empty() || !options_.oauth_secret.empty();
  const bool login = !options_.username.empty() || !options_.password.empty();
  const char *missing = nullptr, *field = nullptr;
  if (pair && !login) {
    missing = options_.oauth_id.empty() ? "OAuth client ID" : "OAuth client secret";
    field = options_.oauth_id.empty() ? "/threatq/oauth_client/id" : "/threatq/oauth_client/secret";
  } else if (options_.client_id.empty()) {
    missing = "client ID", field = "/threatq/client_id";
  } else if (options_.username.empty()) {
    missing = "username", field = "/threatq/username";
  } else if (options_.password.empty()) {
    missing = "password", field = "/threatq/password";
  }
  if (missing == nullptr) return {};
  return Error{Status::kConfig,
               "cannot log in to ThreatQ at " + options_.origin.text() + ": no " + missing +
                   " is set. Set the username, password and client ID, or an OAuth client pair",
               field};
}

Result<TokenPtr> Tokens::log_in(const Cancel& cancel) {
  if (!by_pair())
    return exchange(
        {"password", "grant_type=password&client_id=" + percent_encode(options_.client_id), nullptr,
         login_body(options_)},
        cancel);
  const auto basic = [this](std::string_view, const Url&, int64_t, Headers* headers) {
    std::string pair = options_.oauth_id + ":" + std::string(options_.oauth_secret.reveal());
    headers->emplace_back("Authorization", "Basic " + base64(pair));
    wipe(pair);
    return Result<void>();
  };
  return exchange({"client_credentials", "grant_type=client_credentials", basic}, cancel);
}

Result<TokenPtr> Tokens::exchange(const Grant& grant, const Cancel& cancel) {
  HttpRequest request;
  request.method = "POST";
  request.url = {options_.origin, "/api/token?" + grant.query};
  request.headers = {{"Accept", "application/json"}};
  if (grant.body) request.headers.emplace_back("Content-Type", "application/json");
  request.body = grant.body;
  request.authorize = grant.authorize;
  request.no_retry = true;  // see post()
  request.max_response_bytes = kAnswerLimit;
  auto posted = post(request, cancel);
  if (!posted)
    return std::move(posted.error()).in("logging in to ThreatQ at " + options_.origin.text());
  Answer& answer = *posted;
  auto token = answer.status >= 200 && answer.status < 300 ? read_token(grant, answer)
                                                           : refused(grant, answer);
  wipe(answer.body);
  if (!token) return token;
  if (answer.status != 200 || !is_json_type(answer.type)) TQ_TRY(confirm(*token, answer, cancel));
  hidden_access_.replace((*token)->access.reveal());
  hidden_refresh_.replace((*token)->refresh.reveal());
  return token;
}

// The answer was not the documented one, but holds a token: whether it is one is seen by using it.
// Who asks may be refused this call or not have it, and the token is known all the same.
Result<void> Tokens::confirm(const TokenPtr& token, const Answer& answer, const Cancel& cancel) {
  PassingSecret access(log_.redactor()), refresh(log_.redactor());  // until it is taken
  access.replace(token->access.reveal());
  refresh.replace(token->refresh.reveal());
  HttpRequest request;
  request.url = {options_.origin, "/api/users/current"};
  request.headers = {{"Accept", "application/json"}};
  request.authorize = [token](std::string_view, const Url&, int64_t, Headers* headers) {
    headers->emplace_back("Authorization", "Bearer " + std::string(token->access.reveal()));
    return Result<void>();
  };
  TQ_ASSIGN(const auto response, http_.send(request, cancel));
  const int status = response->status();
  if (status == 408 || status == 429 || status >= 500)
    return refusal({options_.origin.text(), user(), "proving a new token", "use the API"},
                   *response, log_.redactor(), world_.now_ms());
  const bool denied = status == 401 || (status >= 300 && status < 400);
  if (!denied) {
    TQ_ASSIGN(const std::string body, response->read_all(kAnswerLimit));
    const bool good = status >= 200 && status < 300;
    if (!is_web_page(body) && (!good || parse_json(body, "the answer"))) return {};
  }
  return Error{Status::kTransient,
               "ThreatQ at " + options_.origin.text() + " answered the log-in of " + user() +
                   " with HTTP " + std::to_string(answer.status) + " (" +
                   (answer.type.empty() ? "no content type" : printable(answer.type)) +
                   ") and a token that it does not know itself (HTTP " + std::to_string(status) +
                   "). Check that the host is a ThreatQ and that no proxy answers for it",
               "/threatq/host", answer.status};
}

// A log-in is safe to repeat, but is not sent as idempotent: a redirect would then be followed with
// the password in the body. So it is repeated here. For long waits the run ends, with the time.
Result<Tokens::Answer> Tokens::post(const HttpRequest& request, const Cancel& cancel) {
  for (int attempt = 1;; ++attempt) {
    auto result = [&]() -> Result<Answer> {
      TQ_ASSIGN(const auto response, http_.send(request, cancel));
      TQ_ASSIGN(std::string body, response->read_all(kAnswerLimit));
      return read_answer(*response, std::move(body));
    }();
    const bool again =
        result ? worth_repeating(result->status) : result.error().status == Status::kTransient;
    if (!again || attempt == kAttempts) return result;
    const bool told = result && result->asks_to_wait;
    if (told && result->timed && result->wait.wait_ms > kLongestWaitMs) return result;
    const uint64_t wait_ms =
        told ? result->wait.wait_ms : world_.jitter(kFirstBackoffMs << attempt);
    log_.info(Event::kThreatqLogin,
              "the log-in is tried again after " +
                  (result ? "HTTP " + std::to_string(result->status) : result.error().message) +
                  (told ? ", waiting " + result->wait.told : std::string()),
              {{"host", options_.origin.text()},
               {"attempt", std::to_string(attempt)},
               {"wait_ms", std::to_string(wait_ms)}});
    if (world_.sleep_ms(wait_ms, cancel)) return cancelled();
  }
}

Tokens::Answer Tokens::read_answer(const HttpResponse& response, std::string body) const {
  Answer out{response.status(), std::move(body), std::string(response.header("Content-Type")),
             std::string(response.header("Location"))};
  out.timed = asked_retry_after_ms(response, world_.now_ms()).has_value();
  out.asks_to_wait = out.status == 429 || out.timed;
  if (out.asks_to_wait) out.wait = retry_after(response, world_, kLongestRetryAfterMs);
  return out;
}

Result<TokenPtr> Tokens::read_token(const Grant& grant, const Answer& answer) {
  const std::string from =
      "ThreatQ at " + options_.origin.text() + " answered the log-in of " + user() + " with ";
  if (is_web_page(answer.body))
    return Error{Status::kTransient,
                 log_.redactor().clean(from + told_page(answer.status, answer.type, answer.body,
                                                        options_.origin.text(), log_.redactor())),
                 "/threatq/host", answer.status};
  auto json = parse_json(answer.body, "the answer");
  if (!json || !json->is_object())
    return Error{Status::kTransient,
                 from + "something that is not JSON (HTTP " + std::to_string(answer.status) +
                     "). Check that the host is a ThreatQ and that no proxy answers for it",
                 "/threatq/host", answer.status};
  if (has_errors(*json)) return refused(grant, answer);
  auto token = std::make_shared<Token>();
  token->access = Secret(text_at(*json, "access_token"));
  token->refresh = Secret(text_at(*json, "refresh_token"));
  if (token->access.empty())
    return Error{Status::kTransient, from + "no access_token. Check that the host is a ThreatQ",
                 "/threatq/host", answer.status};
  const int64_t life = life_s(*json);
  token->renew_at_ms = saturating_add(world_.mono_ms(), renew_after_ms(life));
  log_.debug(Event::kThreatqLogin, "logged in to ThreatQ",
             {{"host", options_.origin.text()},
              {"user", user()},
              {"grant", grant.name},
              {"expires_in_s", std::to_string(life)}});
  return TokenPtr(std::move(token));
}

Error Tokens::refused(const Grant& grant, const Answer& answer) const {
  const std::string host = options_.origin.text();
  std::string reason = "HTTP " + std::to_string(answer.status);
  const std::string said = server_text(answer.body, log_.redactor());
  if (!said.empty()) reason += ": " + said;
  Error error;
  error.http_status = answer.status;
  if (answer.status >= 300 && answer.status < 400) {
    error.status = Status::kConfig;
    error.field = "/threatq/host";
    error.message = "ThreatQ at " + host + " answered the log-in with a redirect to " +
                    log_.redactor().clean_printable(answer.location) +
                    ", which is not followed with credentials. Set the host to where ThreatQ "
                    "itself answers, unless a proxy or a network that wants a log-in has sent this";
  } else if (answer.status < 404) {  // a 2xx comes here with errors
    error.status = Status::kAuth;
    error.field = by_pair() ? "/threatq/oauth_client/secret" : "/threatq/password";
    error.message = "ThreatQ at " + host + " refused the log-in of " + user() + " (" + reason +
                    "). Check " +
                    (by_pair() ? "the OAuth client ID and its secret"
                               : "the username, the password and the client ID, which is the API "
                                 "credential of a ThreatQ user");
  } else if (answer.status == 429 || answer.status >= 500 || answer.status == 408) {
    error.status = answer.asks_to_wait ? Status::kLimited : Status::kTransient;
    error.retry_after_ms = answer.wait.wait_ms;
    error.message = "ThreatQ at " + host + " could not log " + user() + " in (" + reason +
                    "). It is tried again later";
  } else {
    error.status = Status::kConfig;
    error.field = "/threatq/host";
    error.message = "ThreatQ at " + host + " does not know the log-in call (" + reason +
                    "). Check that the host is a ThreatQ" +
                    (grant.body ? "" : " that has OAuth clients");
  }
  return error;
}

}  // namespace tq
