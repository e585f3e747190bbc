// SPDX-License-Identifier: Apache-2.0
#include "services/http_request.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr uint32_t kKnownFlags =
    TQP_HTTP_EFFECT | TQP_HTTP_IDEMPOTENT | TQP_HTTP_NO_RETRY | TQP_HTTP_NO_REDIRECT;

Error bug(const std::string& what) { return {Status::kBug, "http.start: " + what}; }

// A null pointer is allowed for an empty text only.
bool is_text(tqp_str text) { return text.ptr != nullptr || text.len == 0; }
std::string copy(tqp_str text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}

Result<Headers> read_headers(const tqp_http_request& raw) {
  if (raw.header_count != 0 && raw.headers == nullptr) return bug("headers is null");
  Headers headers;
  for (size_t i = 0; i < raw.header_count; ++i) {
    const auto& [key, value] = raw.headers[i];
    if (!is_text(key) || !is_text(value)) return bug("a header's text is null");
    const std::string name = copy(key);
    if (!is_token(name)) return bug("\"" + printable(name) + "\" is no name of a header");
    if (is_host_header(name)) return bug("the header " + name + " is the host's");
    if (!is_header_value(copy(value)))
      return bug("the value of the header " + name + " holds a line end or a control character");
    headers.emplace_back(name, copy(value));
  }
  return headers;
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_host_header(std::string_view name) {
  // Framing, connection, proxy and compression: what the client itself decides.
  constexpr std::array<std::string_view, 12> kNames = {"Host",
                                                       "Content-Length",
                                                       "Transfer-Encoding",
                                                       "Connection",
                                                       "Keep-Alive",
                                                       "Upgrade",
                                                       "TE",
                                                       "Trailer",
                                                       "Expect",
                                                       "Accept-Encoding",
                                                       "Proxy-Authorization",
                                                       "Proxy-Connection"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view each) { return equal_no_case(each, name); });
}

Result<HttpRequest> read_request(const tqp_http_request* raw) {
  if (!TQP_REACHES(raw, max_response_bytes))
    return bug("the request is null or its size too small");
  if ((raw->flags & ~kKnownFlags) != 0)
    return Error{Status::kUnsupported, "http.start: unknown flag bits"};
  if (!is_text(raw->method) || !is_text(raw->url) || !is_text(raw->auth) ||
      !is_text(raw->small_body))
    return bug("a text of the request is null");
  HttpRequest request;
  request.method = copy(raw->method);
  if (!is_token(request.method)) return bug("\"" + printable(request.method) + "\" is no method");
  const bool safe = request.method == "GET" || request.method == "HEAD";
  request.effect = (raw->flags & TQP_HTTP_EFFECT) != 0;
  if (!safe && !request.effect) return bug(request.method + " without the flag TQP_HTTP_EFFECT");
  auto url = parse_url(copy(raw->url));
  if (!url) return bug(url.error().message);
  request.url = url.take();
  TQ_ASSIGN(request.headers, read_headers(*raw));
  request.idempotent = (safe && !request.effect) || (raw->flags & TQP_HTTP_IDEMPOTENT) != 0;
  request.no_retry = (raw->flags & TQP_HTTP_NO_RETRY) != 0;
  request.follow_redirects = (raw->flags & TQP_HTTP_NO_REDIRECT) == 0;
  if (raw->timeout_ms != 0) request.timeout_ms = raw->timeout_ms;
  if (raw->max_response_bytes != 0) request.max_response_bytes = raw->max_response_bytes;
  return request;
}

std::string describe_effect(const HttpRequest& request) {
  std::string text = request.method + " " + request.url.text();
  if (request.body == nullptr) return text;
  constexpr double kStep = 1000;
  double size = static_cast<double>(request.body->size());
  constexpr std::array<const char*, 4> kUnits = {"B", "KB", "MB", "GB"};
  size_t unit = 0;
  for (; size >= kStep && unit + 1 < kUnits.size(); ++unit) size /= kStep;
  std::array<char, 32> number;
  std::snprintf(number.data(), number.size(), unit == 0 ? "%.0f" : "%.1f", size);
  return text + " (" + number.data() + " " + kUnits[unit] + ")";
}

}  // namespace tq
