// SPDX-License-Identifier: Apache-2.0
#include "threatq/answer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text.hpp"
#include "threatq/errors.hpp"

namespace tq {
namespace {

constexpr size_t kPeekBytes = 512;
constexpr size_t kPageBytes = 16 << 10;  // enough for the title

// A response of which the beginning was read already.
class Peeked : public HttpResponse {
 public:
  Peeked(std::unique_ptr<HttpResponse> rest, std::string begun)
      : rest_(std::move(rest)), begun_(std::move(begun)) {}

  int status() const override { return rest_->status(); }
  std::string_view header(std::string_view name) const override { return rest_->header(name); }
  std::string_view header_at(std::string_view name, size_t index) const override {
    return rest_->header_at(name, index);
  }
  int64_t date_ms() const override { return rest_->date_ms(); }
  Result<size_t> read(char* out, size_t capacity) override {
    if (at_ == begun_.size()) return rest_->read(out, capacity);
    const size_t count = std::min(capacity, begun_.size() - at_);
    std::memcpy(out, begun_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::unique_ptr<HttpResponse> rest_;
  const std::string begun_;
  size_t at_ = 0;
};

// "text/html" of "text/html; charset=utf-8".
std::string media_type(std::string_view content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

std::string named_type(std::string_view content_type, const Redactor& redactor) {
  const std::string type = media_type(redactor.clean(content_type));
  return type.empty() ? "no content type" : printable(type, 60);
}

// Only what is meant for reading is quoted: other members may hold what a person typed.
std::string own_words(const Json& answer, const Redactor& redactor) {
  Json said = Json::object();
  for (const char* key : {"error_description", "message", "error"})
    if (answer.is_object() && answer.contains(key)) said[key] = answer[key];
  return said.empty() ? "" : server_text(dump_json(said), redactor);
}

}  // namespace

bool is_json_type(std::string_view content_type) {
  const std::string type = media_type(content_type);
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

bool is_web_page(std::string_view body) { return trim(body).starts_with('<'); }

std::string told_page(int status, std::string_view content_type, std::string_view body,
                      const std::string& host, const Redactor& redactor) {
  std::string text = "a web page (" + named_type(content_type, redactor) +
                     ") that is not JSON (HTTP " + std::to_string(status) + ")";
  const std::string said = server_text(body.substr(0, kPageBytes), redactor);
  if (!said.empty()) text += ": " + said;
  return text +
         ". A proxy or a network that wants a log-in has probably answered in the place of " +
         host + ": open " + host + " from this machine, log in there or set the right proxy";
}

Written read_written(int status, std::string_view content_type, std::string_view body,
                     const std::string& host, const Redactor& redactor) {
  Written written;
  const std::string code = "HTTP " + std::to_string(status);
  if (is_web_page(body)) {
    written.doubt = told_page(status, content_type, body, host, redactor);
    return written;
  }
  if (auto json = parse_json(body, "the answer")) written.answer = json.take();
  const Json& answer = written.answer;
  if (has_errors(answer)) {
    written.doubt = code + " with errors: " + server_text(body, redactor);
  } else if (trim(body).empty()) {
    written.doubt = code + " without a body";
  } else if (!answer.is_object() || !answer.contains("data")) {
    written.doubt = code + " whose body is not {\"data\": ...}";
    if (const std::string said = own_words(answer, redactor); !said.empty())
      written.doubt += " (" + said + ")";
  } else if (status != 200 && status != 201) {
    written.doubt = code + " and not 200 or 201";
  } else if (!is_json_type(content_type)) {
    written.doubt =
        code + " of " + named_type(content_type, redactor) + " and not of application/json";
  }
  return written;
}

Result<std::unique_ptr<HttpResponse>> refuse_web_page(std::unique_ptr<HttpResponse> response,
                                                      const std::string& host,
                                                      const Redactor& redactor) {
  const bool good = response->status() >= 200 && response->status() < 300;
  const std::string type(response->header("Content-Type"));
  if (!good || is_json_type(type)) return response;
  std::string begun;
  while (begun.size() < kPeekBytes && trim(begun).empty()) {
    char piece[kPeekBytes];
    TQ_ASSIGN(const size_t got, response->read(piece, sizeof piece));
    if (got == 0) break;
    begun.append(piece, got);
  }
  if (is_web_page(begun)) {
    const std::string page = begun + read_some(*response, kPageBytes);
    return Error{Status::kTransient, told_page(response->status(), type, page, host, redactor)};
  }
  return std::unique_ptr<HttpResponse>(
      std::make_unique<Peeked>(std::move(response), std::move(begun)));
}

}  // namespace tq
