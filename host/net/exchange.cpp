// SPDX-License-Identifier: Apache-2.0
#include "net/exchange.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kGatherBytes = 64 * 1024;  // small pieces are sent together

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != kMarks.npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return equal_no_case(header.first, name); });
}

// Sends the body; false when the answer came first.
Result<bool> send_request(Connection& connection, std::string pending, const Body* body,
                          const Patience& patience, Stage* stage) {
  bool answered = false;
  const uint64_t before = connection.sent_bytes();
  const auto send = [&](std::string_view bytes) -> Result<void> {
    const auto going = connection.send(bytes, patience);
    if (connection.sent_bytes() > before) *stage = Stage::kSent;
    if (!going) return going.error();
    if (*going) return {};
    answered = true;
    return Error{Status::kEnd, "answered"};  // stops the body; not an error of the exchange
  };
  Result<void> sent;
  if (body != nullptr)
    sent = body->read([&](std::string_view bytes) -> Result<void> {
      if (pending.size() + bytes.size() <= kGatherBytes) {
        pending += bytes;
        return {};
      }
      TQ_TRY(send(pending));
      pending.clear();
      if (bytes.size() >= kGatherBytes) return send(bytes);
      pending = bytes;
      return {};
    });
  if (sent && !pending.empty()) sent = send(pending);
  if (!sent && !answered) return std::move(sent.error());
  return !answered;
}

}  // namespace

Result<void> check_headers(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_token(name))
      return Error{Status::kBug, "\"" + printable(name) + "\" is no header name"};
    if (!is_field_value(value))
      return Error{Status::kBug, "the header " + name + " has a line break or control character"};
    for (const char* own : {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect",
                            "Upgrade", "TE", "Proxy-Authorization"})
      if (equal_no_case(name, own))
        return Error{Status::kBug, "the header " + name + " is set by the host alone"};
  }
  return {};
}

Result<void> check_request(const HttpRequest& request) {
  if (!is_token(request.method))
    return Error{Status::kBug, "\"" + printable(request.method) + "\" is no HTTP method"};
  return check_headers(request.headers);
}

std::string request_head(const HttpRequest& request, const Url& url, const Headers& headers,
                         const std::string& user_agent, const std::string* proof) {
  std::string head = request.method + " ";
  if (proof != nullptr) head += url.origin.text();
  head += url.target + " HTTP/1.1\r\nHost: ";
  const std::string origin = url.origin.text();
  head += origin.substr(origin.find("://") + 3) + "\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!has_header(headers, name)) add(name, value);
  };
  add_default("User-Agent", user_agent);
  add_default("Accept", "*/*");
  add_default("Accept-Encoding", "gzip");
  for (const auto& [name, value] : headers) add(name, value);
  if (proof != nullptr && !proof->empty()) add("Proxy-Authorization", *proof);
  const bool wants_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.body != nullptr || wants_body)
    add("Content-Length", std::to_string(request.body != nullptr ? request.body->size() : 0));
  return head + "\r\n";
}

Result<Exchanged> exchange(Connection& connection, std::string head, const Body* body,
                           const Patience& patience, Stage* stage) {
  Exchanged done;
  TQ_ASSIGN(done.whole, send_request(connection, std::move(head), body, patience, stage));
  auto answer = read_head(connection, patience);
  if (!answer && !connection.buffered().empty()) *stage = Stage::kAnswering;
  if (!answer) return std::move(answer.error());
  *stage = Stage::kAnswering;
  done.head = answer.take();
  return done;
}

}  // namespace tq
