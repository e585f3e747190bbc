// SPDX-License-Identifier: Apache-2.0
#include "threatq/errors.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "net/retry_after.hpp"

namespace tq {
namespace {

constexpr size_t kTextLimit = 200;
constexpr size_t kBodyLimit = 64 << 10;

// "msg", ["part 1","part 2"], which are one message, and {"field": ["msg"]}. In a list of messages,
// `between` is what stands between them.
std::string messages(const Json& errors, std::string_view between) {
  if (errors.is_string()) return std::string(trim(errors.get_ref<const std::string&>()));
  std::string text;
  if (!errors.is_structured()) return text;
  for (const auto& [key, item] : errors.items()) {
    const std::string said = messages(item, errors.is_array() ? " " : "; ");
    if (said.empty()) continue;
    if (!text.empty()) text += between;
    if (errors.is_object()) text.append(key).append(": ");
    text += said;
    if (text.size() > kBodyLimit) break;
  }
  return text;
}

std::string text_of_json(const Json& answer) {
  std::string text;
  if (!answer.is_object()) return text;
  for (const char* place : {"/errors", "/data/errors", "/error_description", "/message", "/error"})
    if (const Json* errors = json_at(answer, place); errors != nullptr && text.empty())
      text = messages(*errors, "; ");
  return text;
}

// Tags go, blanks shrink: enough to read the title of a proxy's page.
std::string without_tags(std::string_view body) {
  std::string text;
  bool in_tag = false, blank = false;
  for (const char c : body) {
    if (text.size() > kBodyLimit) break;
    if (c == '<' || c == '>') {
      in_tag = c == '<';
      blank = true;
    } else if (!in_tag) {
      const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (!is_blank && blank && !text.empty()) text += ' ';
      if (!is_blank) text += c;
      blank = is_blank;
    }
  }
  return text;
}

Status status_of(int http_status) {
  switch (http_status) {
    case 401:
    case 403:
      return Status::kAuth;
    case 408:
      return Status::kTransient;
    case 429:
      return Status::kLimited;
    default:
      return http_status >= 500 ? Status::kTransient : Status::kConfig;
  }
}

std::string advice(const Asked& asked, int http_status) {
  if (http_status == 401) return "Check that the account is still allowed to log in.";
  if (http_status == 403)
    return "Give " + asked.user + " a role in ThreatQ that may " + asked.right + ".";
  if (http_status == 404)
    return "Check that " + asked.host + " is a ThreatQ of a version that has this call.";
  if (http_status >= 300 && http_status < 400)
    return "Set the host to where ThreatQ itself answers, unless a proxy or a network that wants a "
           "log-in has sent this.";
  if (http_status == 408 || http_status == 429 || http_status >= 500)
    return "It is tried again later.";
  return "ThreatQ does not take this request as it is; its own log says more.";
}

// Whole. What is changed before it is read is cleaned before: tags and blanks may stand in a
// secret.
std::string said_in(std::string_view body, const Redactor& redactor) {
  const std::string_view trimmed = trim(body);
  std::string text;
  if (!trimmed.empty() && (trimmed[0] == '{' || trimmed[0] == '[')) {
    if (const auto json = parse_json(trimmed, "the answer")) text = text_of_json(*json);
  }
  if (text.empty() && trimmed != "{}" && trimmed != "[]")
    text = without_tags(redactor.clean(trimmed));
  return text;
}

}  // namespace

std::string server_text(std::string_view body, const Redactor& redactor) {
  return redactor.clean_printable(said_in(body, redactor), kTextLimit);
}

bool has_errors(const Json& answer) {
  if (!answer.is_object()) return false;
  const auto errors = answer.find("errors");
  return errors != answer.end() && !errors->empty();
}

std::string read_some(HttpResponse& response, size_t limit) {
  std::string body(limit, '\0');
  size_t used = 0;
  while (used < limit) {
    const auto got = response.read(body.data() + used, limit - used);
    if (!got || *got == 0) break;
    used += *got;
  }
  body.resize(used);
  return body;
}

Error refusal(const Asked& asked, HttpResponse& response, const Redactor& redactor,
              int64_t now_ms) {
  const int status = response.status();
  std::string message =
      "ThreatQ at " + asked.host + ": " + asked.what + " failed: HTTP " + std::to_string(status);
  const std::string said = server_text(read_some(response, kBodyLimit), redactor);
  if (!said.empty()) message += " (" + said + ")";
  if (status >= 300 && status < 400)
    message += " to " + redactor.clean_printable(response.header("Location"));
  Error error{status_of(status), message + ". " + advice(asked, status)};
  error.http_status = status;
  const auto asked_ms = asked_retry_after_ms(response, now_ms);
  if (status == 503 && asked_ms) error.status = Status::kLimited;
  if (error.status == Status::kLimited) error.retry_after_ms = bounded_retry_after_ms(asked_ms);
  return error;
}

Error cancelled() { return Error{Status::kCancelled, "reading ThreatQ was stopped"}; }

}  // namespace tq
