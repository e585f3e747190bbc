// SPDX-License-Identifier: Apache-2.0
#include "net/http.hpp"

#include <optional>
#include <utility>

#include "core/text.hpp"
#include "net/dial.hpp"
#include "net/exchange.hpp"
#include "net/gate.hpp"
#include "net/pool.hpp"
#include "net/redirect.hpp"
#include "net/relay.hpp"
#include "net/response.hpp"
#include "net/retry.hpp"

namespace tq {
namespace {

constexpr int kMostRedirects = 5;
constexpr uint64_t kDefaultBlockMs = 60'000;  // after a 429 that gives no time
// A connection that the server closed just now costs a harmless request one more try, any other
// request its run: that one gets a fresher connection.
constexpr uint64_t kIdleMs = 30'000;
constexpr uint64_t kIdleMsForEffects = 5'000;

using Answer = std::unique_ptr<HttpResponse>;

std::string without_query(const Url& url) {
  return url.origin.text() + url.target.substr(0, url.target.find('?'));
}

class PooledClient : public HttpClient {
 public:
  PooledClient(const HttpOptions& options, std::unique_ptr<Dialer> dialer,
               std::unique_ptr<RateBook> book, World& world, Log& log)
      : options_(options),
        world_(world),
        log_(log),
        dialer_(std::move(dialer)),
        pool_(std::make_shared<ConnectionPool>(world)),
        gate_(std::move(book), options.max_retry_after_ms, world, log) {}

  Result<Answer> send(const HttpRequest& request, const Cancel& cancel) override {
    TQ_TRY(check_request(request));
    Url url = request.url;
    for (int redirects = 0;; ++redirects) {
      TQ_ASSIGN(Answer answer, send_to(url, request, cancel));
      TQ_ASSIGN(const auto next,
                redirect(request, url, answer->status(), answer->header("Location")));
      if (!next) return answer;
      if (redirects == kMostRedirects)
        return Error{Status::kConfig, label(request, request.url) + ": redirected more than " +
                                          std::to_string(kMostRedirects) + " times"};
      url = *next;
    }
  }

  void limit_rate(const Origin& origin, uint32_t requests_per_minute) override {
    if (auto limited = gate_.limit(origin, requests_per_minute); !limited)
      log_.warning(Event::kHttpLimited,
                   "a rate limit could not be stored: " + limited.error().message,
                   {{"origin", origin.text()}});
  }

 private:
  static std::string label(const HttpRequest& request, const Url& url) {
    return request.method + " " + without_query(url);
  }

  // Attempts until there is an answer that stays or a failure that stays.
  Result<Answer> send_to(const Url& url, const HttpRequest& request, const Cancel& cancel) {
    Retry retry(request, options_, world_);
    while (true) {
      TQ_TRY(gate_.pass(url.origin, cancel));
      Stage stage = Stage::kNothingSent;
      const uint32_t attempt = retry.attempt();
      const uint64_t start_ms = world_.mono_ms();
      auto answer = try_once(url, request, cancel, &stage);
      log_attempt(request, url, attempt, world_.mono_ms() - start_ms, answer);
      std::optional<uint64_t> wait_ms;
      if (answer) {
        const auto asked_ms = retry_after_ms((*answer)->header("Retry-After"), world_.now_ms());
        const int status = (*answer)->status();
        if (status == 429) TQ_TRY(gate_.block(url.origin, asked_ms.value_or(kDefaultBlockMs)));
        wait_ms = retry.after_answer(status, asked_ms);
      } else {
        wait_ms = retry.after_failure(stage, answer.error());
      }
      if (!wait_ms) return explained(std::move(answer), request, url, stage);
      log_.info(Event::kHttpRetry,
                "trying again after " + (answer ? "status " + std::to_string((*answer)->status())
                                                : answer.error().message),
                {{"method", request.method},
                 {"url", without_query(url)},
                 {"attempt", std::to_string(attempt)},
                 {"wait_ms", std::to_string(*wait_ms)}});
      if (answer) answer->reset();  // its connection may serve the next attempt
      if (world_.sleep_ms(*wait_ms, cancel)) return Error{Status::kCancelled, "cancelled"};
    }
  }

  static Result<Answer> explained(Result<Answer> answer, const HttpRequest& request, const Url& url,
                                  Stage stage) {
    if (answer) return answer;
    Error error = std::move(answer.error());
    if (error.status == Status::kTransient && stage != Stage::kNothingSent && !may_repeat(request))
      error.message += "; whether the server has done it is not known";
    if (error.status == Status::kCancelled) return error;
    return std::move(error).in(label(request, url));
  }

  // One attempt. A connection from the pool that turns out to be dead does not count, as long as
  // nothing came back and the request may be repeated.
  Result<Answer> try_once(const Url& url, const HttpRequest& request, const Cancel& cancel,
                          Stage* stage) {
    const Patience patience(world_, cancel, request.timeout_ms);
    const std::string key = url.origin.text();
    const bool repeatable = may_repeat(request);
    if (auto old = pool_->take(key, repeatable ? kIdleMs : kIdleMsForEffects)) {
      auto answer = over(std::move(old), url, request, patience, stage);
      const bool stale = !answer && answer.error().status == Status::kTransient &&
                         *stage == Stage::kSent && !patience.expired();
      if (!stale || !repeatable) return answer;
      pool_->forget(key);
      *stage = Stage::kNothingSent;
    }
    TQ_ASSIGN(auto fresh, dialer_->dial(url.origin, patience));
    return over(std::move(fresh), url, request, patience, stage);
  }

  Result<Answer> over(std::unique_ptr<Connection> connection, const Url& url,
                      const HttpRequest& request, const Patience& patience, Stage* stage) {
    TQ_ASSIGN(const Headers headers, headers_for(url, request));
    TQ_ASSIGN(Exchanged done, exchange_over(&connection, url, request, headers, patience, stage));
    ResponseParts parts;
    parts.head = std::move(done.head);
    parts.label = label(request, url);
    parts.connection = std::move(connection);
    parts.reusable = done.whole;
    parts.pool_key = url.origin.text();
    parts.pool = pool_;
    parts.max_bytes = request.max_response_bytes;
    return make_response(std::move(parts), request.method, patience);
  }

  // The connection may be replaced.
  Result<Exchanged> exchange_over(std::unique_ptr<Connection>* connection, const Url& url,
                                  const HttpRequest& request, const Headers& headers,
                                  const Patience& patience, Stage* stage) {
    const Proxy* proxy = dialer_->proxy_for(url.origin);
    if (proxy != nullptr && proxy->relays(url.origin))
      return exchange_by_proxy({*dialer_, *proxy, options_.user_agent, patience}, request, url,
                               headers, connection, stage);
    std::string head = request_head(request, url, headers, options_.user_agent, nullptr);
    return exchange(**connection, std::move(head), request.body.get(), patience, stage);
  }

  // Nothing that proves who we are goes to another origin than the request's own.
  Result<Headers> headers_for(const Url& url, const HttpRequest& request) const {
    if (url.origin == request.url.origin) {
      Headers headers = request.headers;
      if (request.authorize != nullptr) {
        TQ_TRY(request.authorize(request.method, url, world_.now_ms() / 1000, &headers));
        TQ_TRY(check_headers(headers));
      }
      return headers;
    }
    Headers harmless;
    for (const auto& header : request.headers)
      if (!equal_no_case(header.first, "Cookie") && !log_.redactor().is_secret_key(header.first))
        harmless.push_back(header);
    return harmless;
  }

  void log_attempt(const HttpRequest& request, const Url& url, uint32_t attempt, uint64_t ms,
                   const Result<Answer>& answer) {
    if (!log_.enabled(Level::kDebug)) return;
    log_.debug(Event::kHttpRequest, answer ? "answered" : "failed: " + answer.error().message,
               {{"method", request.method},
                {"url", without_query(url)},
                {"status", answer ? std::to_string((*answer)->status()) : "-"},
                {"ms", std::to_string(ms)},
                {"attempt", std::to_string(attempt)}});
  }

  const HttpOptions options_;
  World& world_;
  Log& log_;
  const std::unique_ptr<Dialer> dialer_;
  const std::shared_ptr<ConnectionPool> pool_;
  Gate gate_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::create(const HttpOptions& options, World& world,
                                                       Log& log) {
  hide_proxy_password(options.proxy, log.redactor());
  TQ_ASSIGN(auto dialer, Dialer::create(options, log));
  TQ_ASSIGN(auto book, RateBook::create(options.rate.folder));
  return std::unique_ptr<HttpClient>(
      std::make_unique<PooledClient>(options, std::move(dialer), std::move(book), world, log));
}

}  // namespace tq
