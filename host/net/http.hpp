// SPDX-License-Identifier: Apache-2.0
// HttpClient: requests over pooled keep-alive connections, with verified TLS, proxy, time-outs,
// retries with full jitter, Retry-After, a rate limit per origin that all workers of a state folder
// share, redirects with the cookies on their way, decompression and bounds. send() blocks and may
// be called from any thread; a response belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "net/body.hpp"
#include "net/url.hpp"

namespace tq {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Called for each attempt, over exactly what is sent; may add headers. A failure ends the request.
using Authorize = std::function<Result<void>(std::string_view method, const Url& url,
                                             int64_t unix_s, Headers* headers)>;

struct HttpRequest {
  std::string method = "GET";
  Url url;
  Headers headers;
  std::shared_ptr<const Body> body;  // null: none
  Authorize authorize;               // null: none; never called for another origin than url's
  // What of it is sent again stands in net/retry.hpp.
  bool effect = false;  // a GET or HEAD that changes something at the remote, as others do anyway
  bool idempotent = false;       // twice is as good as once
  bool no_retry = false;         // one attempt, whatever comes
  bool follow_redirects = true;  // false: an answer that redirects is the caller's
  uint64_t timeout_ms =
      120'000;  // the whole exchange, waiting for the rate limit and retries not included
  uint64_t max_response_bytes = 256ULL << 20;  // after decompression; more is E_DATA
};

// The head has arrived, whatever its status code; the body is pulled.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;

  virtual int status() const = 0;
  // Any letter case; several of one name joined by ", "; null data when absent. Views live as long
  // as the response.
  virtual std::string_view header(std::string_view name) const = 0;
  // One of several of a name, in the order they came; null data when there are not so many.
  virtual std::string_view header_at(std::string_view name, size_t index) const = 0;
  virtual int64_t date_ms() const = 0;  // the server's Date header, or 0

  // Up to `capacity` bytes; 0 is the end of a body that was received whole. A cut body is
  // E_TRANSIENT, never an end.
  virtual Result<size_t> read(char* out, size_t capacity) = 0;

  // The rest of the body, at most `limit` bytes (E_DATA above).
  Result<std::string> read_all(size_t limit);
};

// One place for all workers of a state folder: what was promised to an origin. Token bucket with a
// minute's budget, and "not before" from Retry-After; kept in files under `folder`, so that it
// outlives processes.
struct RateOptions {
  std::filesystem::path folder;  // empty: only within this process
};

inline constexpr uint64_t kLongestRetryAfterMs = 15 * 60'000;

// How requests to one origin go where that differs from what the other options say. The names of
// the settings, where it stands, are for messages.
struct OriginWay {
  Origin origin;
  std::filesystem::path ca_file;   // empty: as the others
  std::optional<bool> verify_tls;  // none: as the others
  std::string proxy;  // empty: as the others; else for this origin whatever no_proxy says
  std::string ca_setting{}, verify_setting{}, proxy_setting{};
};

struct HttpOptions {
  std::string user_agent = "tqhost";
  std::filesystem::path ca_file;  // empty: the system's
  bool verify_tls = true;
  // http://, https:// or socks5h://, may hold user and password; empty: none.
  std::string proxy;
  std::string proxy_setting = "/proxy/url";  // where the proxy is set: errors point there
  std::filesystem::path proxy_ca_file;       // of an https:// proxy; empty: the system's
  // Words of core/no_proxy.hpp; loopback is never proxied unless proxy_loopback.
  std::vector<std::string> no_proxy;
  bool proxy_loopback = false;
  uint32_t max_attempts = 5;
  uint64_t connect_timeout_ms = 10'000;
  uint64_t max_backoff_ms = 30'000;
  uint64_t max_retry_after_ms = kLongestRetryAfterMs;
  RateOptions rate;
  std::vector<OriginWay> ways;  // at most one for an origin
};

class HttpClient {
 public:
  static Result<std::unique_ptr<HttpClient>> create(const HttpOptions& options, World& world,
                                                    Log& log);
  virtual ~HttpClient() = default;

  // Any status code that was received is a response; retries are over by then (a 503 that stayed is
  // a response, too). E_TRANSIENT: no answer; E_CONFIG: TLS refused, proxy refused, unknown host;
  // E_CANCELLED. `cancel` outlives the response.
  virtual Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request,
                                                     const Cancel& cancel) = 0;

  // From now on at most this many requests a minute to the origin, over all processes that share
  // the folder.
  virtual void limit_rate(const Origin& origin, uint32_t requests_per_minute) = 0;
};

}  // namespace tq
