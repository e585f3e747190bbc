// SPDX-License-Identifier: Apache-2.0
#include "net/http.hpp"

#include <optional>
#include <utility>

#include "core/text.hpp"
#include "net/cookies.hpp"
#include "net/dial.hpp"
#include "net/exchange.hpp"
#include "net/gate.hpp"
#include "net/pool.hpp"
#include "net/redirect.hpp"
#include "net/relay.hpp"
#include "net/response.hpp"
#include "net/retry.hpp"
#include "net/retry_after.hpp"

namespace tq {
namespace {

constexpr int kMostRedirects = 5;
constexpr int kLimitedStatus = 429;
// A connection that the server closed just now costs a harmless request one more try, any other
// request its run: that one gets a fresher connection.
constexpr uint64_t kIdleMs = 30'000;
constexpr uint64_t kIdleMsForEffects = 5'000;

using Answer = std::unique_ptr<HttpResponse>;

std::string without_query(const Url& url) {
  return url.origin.text() + url.target.substr(0, url.target.find('?'));
}

// One request on its way: where it goes now, and what the way there has set.
struct Step {
  const HttpRequest& request;
  const Cancel& cancel;
  Url url;
  CookieJar cookies{};
};

struct Way {
  Origin origin;
  std::unique_ptr<Dialer> dialer;
};

class PooledClient : public HttpClient {
 public:
  PooledClient(const HttpOptions& options, std::unique_ptr<Dialer> dialer, std::vector<Way> ways,
               std::unique_ptr<RateBook> book, World& world, Log& log)
      : options_(options),
        world_(world),
        log_(log),
        dialer_(std::move(dialer)),
        ways_(std::move(ways)),
        pool_(std::make_shared<ConnectionPool>(world)),
        gate_(std::move(book), options.max_retry_after_ms, world, log) {}

  Result<Answer> send(const HttpRequest& request, const Cancel& cancel) override {
    TQ_TRY(check_request(request));
    Step step{request, cancel, request.url};
    for (int redirects = 0;; ++redirects) {
      TQ_ASSIGN(Answer answer, send_to(step));
      TQ_ASSIGN(auto next,
                redirect(request, step.url, answer->status(), answer->header("Location")));
      if (!next) return answer;
      if (redirects == kMostRedirects)
        return Error{Status::kConfig, label(request, request.url) + ": redirected more than " +
                                          std::to_string(kMostRedirects) + " times"};
      step.cookies.take(step.url, *answer, world_.now_ms());
      step.url = std::move(*next);
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

  Dialer& dialer_for(const Origin& origin) const {
    for (const Way& way : ways_)
      if (way.origin == origin) return *way.dialer;
    return *dialer_;
  }

  // Attempts until there is an answer that stays or a failure that stays.
  Result<Answer> send_to(const Step& step) {
    Retry retry(step.request, options_, world_);
    while (true) {
      TQ_TRY(gate_.pass(step.url.origin, step.cancel));
      Stage stage = Stage::kNothingSent;
      const uint32_t attempt = retry.attempt();
      const uint64_t start_ms = world_.mono_ms();
      auto answer = try_once(step, &stage);
      log_attempt(step, attempt, world_.mono_ms() - start_ms, answer);
      const RetryAfter asked = answer ? asked_by(**answer) : RetryAfter();
      const bool limited = answer && (*answer)->status() == kLimitedStatus;
      if (limited) TQ_TRY(gate_.block(step.url.origin, asked.wait_ms));
      const auto wait_ms =
          answer
              ? retry.after_answer((*answer)->status(),
                                   asked.told.empty() ? std::nullopt : std::optional(asked.wait_ms))
              : retry.after_failure(stage, answer.error());
      if (wait_ms || limited) log_wait(step, attempt, answer, asked, wait_ms);
      if (!wait_ms) return explained(std::move(answer), step, stage);
      if (answer) answer->reset();  // its connection may serve the next attempt
      if (world_.sleep_ms(*wait_ms, step.cancel)) return Error{Status::kCancelled, "cancelled"};
    }
  }

  // What a 429, or one of the others with a time, asks for; else nothing is told.
  RetryAfter asked_by(const HttpResponse& answer) {
    const auto what = happened(answer.status());
    if (!what) return {};
    const bool has_time = asked_retry_after_ms(answer, world_.now_ms()).has_value();
    if (*what != Happened::kLimited && !has_time) return {};
    return retry_after(answer, world_, options_.max_retry_after_ms);
  }

  // `wait_ms`: none when it was the last attempt, but others of the origin wait.
  void log_wait(const Step& step, uint32_t attempt, const Result<Answer>& answer,
                const RetryAfter& asked, std::optional<uint64_t> wait_ms) {
    std::string text =
        answer ? "status " + std::to_string((*answer)->status()) : answer.error().message;
    if (!wait_ms) {
      text += " is the answer; the next requests to the origin wait " + asked.told;
    } else {
      text = "trying again after " + text;
      if (!asked.told.empty()) text += ", waiting " + asked.told;
    }
    log_.info(wait_ms ? Event::kHttpRetry : Event::kHttpLimited, text,
              {{"method", step.request.method},
               {"url", without_query(step.url)},
               {"attempt", std::to_string(attempt)},
               {"wait_ms", std::to_string(asked.told.empty() ? *wait_ms : asked.wait_ms)}});
  }

  static Result<Answer> explained(Result<Answer> answer, const Step& step, Stage stage) {
    if (answer) return answer;
    Error error = std::move(answer.error());
    if (error.status == Status::kTransient &&
        verdict(happened(stage), repeating(step.request)) == Verdict::kUnknown)
      error.message += "; whether the server has done it is not known";
    if (error.status == Status::kCancelled) return error;
    return std::move(error).in(label(step.request, step.url));
  }

  // One attempt. A connection from the pool that turns out to be dead does not count, as long as
  // no byte of the request went into it, or it may be repeated and nothing came back.
  Result<Answer> try_once(const Step& step, Stage* stage) {
    const Patience patience(world_, step.cancel, step.request.timeout_ms);
    const std::string key = step.url.origin.text();
    const bool repeatable = may_repeat(step.request);
    if (auto old = pool_->take(key, repeatable ? kIdleMs : kIdleMsForEffects)) {
      auto answer = over(std::move(old), step, patience, stage);
      const bool dead = !answer && answer.error().status == Status::kTransient &&
                        *stage != Stage::kAnswering && !patience.expired();
      if (!dead || (*stage == Stage::kSent && !repeatable)) return answer;
      pool_->forget(key);
      *stage = Stage::kNothingSent;
    }
    TQ_ASSIGN(auto fresh, dialer_for(step.url.origin).dial(step.url.origin, patience));
    return over(std::move(fresh), step, patience, stage);
  }

  Result<Answer> over(std::unique_ptr<Connection> connection, const Step& step,
                      const Patience& patience, Stage* stage) {
    TQ_ASSIGN(const Headers headers, headers_for(step));
    TQ_ASSIGN(Exchanged done, exchange_over(&connection, step, headers, patience, stage));
    ResponseParts parts;
    parts.head = std::move(done.head);
    parts.label = label(step.request, step.url);
    parts.connection = std::move(connection);
    parts.reusable = done.whole;
    parts.pool_key = step.url.origin.text();
    parts.pool = pool_;
    parts.max_bytes = step.request.max_response_bytes;
    return make_response(std::move(parts), step.request.method, patience);
  }

  // The connection may be replaced.
  Result<Exchanged> exchange_over(std::unique_ptr<Connection>* connection, const Step& step,
                                  const Headers& headers, const Patience& patience, Stage* stage) {
    const HttpRequest& request = step.request;
    Dialer& dialer = dialer_for(step.url.origin);
    const Proxy* proxy = dialer.proxy_for(step.url.origin);
    if (proxy != nullptr && proxy->relays(step.url.origin))
      return exchange_by_proxy({dialer, *proxy, options_.user_agent, patience}, request, step.url,
                               headers, connection, stage);
    std::string head = request_head(request, step.url, headers, options_.user_agent, nullptr);
    return exchange(**connection, std::move(head), request.body.get(), patience, stage);
  }

  // Nothing that proves who we are goes to another origin than the request's own.
  Result<Headers> headers_for(const Step& step) const {
    const HttpRequest& request = step.request;
    Headers headers;
    if (step.url.origin == request.url.origin) {
      headers = request.headers;
      if (request.authorize != nullptr) {
        TQ_TRY(request.authorize(request.method, step.url, world_.now_ms() / 1000, &headers));
        TQ_TRY(check_headers(headers));
      }
    } else {
      for (const auto& header : request.headers)
        if (!equal_no_case(header.first, "Cookie") && !log_.redactor().is_secret_key(header.first))
          headers.push_back(header);
    }
    step.cookies.add_to(&headers, step.url);
    return headers;
  }

  void log_attempt(const Step& step, uint32_t attempt, uint64_t ms, const Result<Answer>& answer) {
    if (!log_.enabled(Level::kDebug)) return;
    log_.debug(Event::kHttpRequest, answer ? "answered" : "failed: " + answer.error().message,
               {{"method", step.request.method},
                {"url", without_query(step.url)},
                {"status", answer ? std::to_string((*answer)->status()) : "-"},
                {"ms", std::to_string(ms)},
                {"attempt", std::to_string(attempt)}});
  }

  const HttpOptions options_;
  World& world_;
  Log& log_;
  const std::unique_ptr<Dialer> dialer_;
  const std::vector<Way> ways_;
  const std::shared_ptr<ConnectionPool> pool_;
  Gate gate_;
};

// The setting is wrong, not the host's own options.
Error of_setting(Error error, const std::string& setting) {
  if (error.field.empty()) error.field = setting;
  return error;
}

Result<Way> make_way(const OriginWay& way, const HttpOptions& options, Log& log) {
  HttpOptions own = options;
  if (!way.ca_file.empty()) own.ca_file = way.ca_file;
  own.verify_tls = way.verify_tls.value_or(options.verify_tls);
  if (!way.proxy.empty()) {
    own.proxy = way.proxy;
    own.proxy_setting = way.proxy_setting;
    own.no_proxy.clear();
    own.proxy_loopback = true;
  }
  hide_proxy_password(own.proxy, log.redactor());
  if (const auto proxy = parse_proxy(own); !proxy)
    return of_setting(proxy.error(), way.proxy_setting);
  auto dialer = Dialer::create(own, log);
  if (!dialer) return of_setting(dialer.error(), way.ca_setting);
  return Way{way.origin, dialer.take()};
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::create(const HttpOptions& options, World& world,
                                                       Log& log) {
  hide_proxy_password(options.proxy, log.redactor());
  TQ_ASSIGN(auto dialer, Dialer::create(options, log));
  TQ_ASSIGN(auto book, RateBook::create(options.rate.folder));
  std::vector<Way> ways;
  for (const OriginWay& each : options.ways) {
    TQ_ASSIGN(Way way, make_way(each, options, log));
    ways.push_back(std::move(way));
  }
  return std::unique_ptr<HttpClient>(std::make_unique<PooledClient>(
      options, std::move(dialer), std::move(ways), std::move(book), world, log));
}

}  // namespace tq
