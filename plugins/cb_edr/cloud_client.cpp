// SPDX-License-Identifier: Apache-2.0
#include "cloud_client.hpp"

#include <algorithm>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

constexpr uint64_t kTimeoutMs = 120'000;  // the service's gateway gives up after about 60 s
constexpr size_t kRefusalBytesMost = 16 * 1024;
constexpr int kAttempts = 4;
constexpr uint64_t kFirstPauseMs = 1000;
constexpr uint64_t kDefaultRetryAfterMs = 60'000;
constexpr uint64_t kMostRetryAfterMs = 24 * 60 * 60'000;  // the host waits no longer

// Whether to send it again after such an answer, as the vendor's clients do. After a 429, and after
// a 503 to what may be sent twice as it is, the host has done so already.
bool again(int32_t http_status, bool post, bool makes_new) {
  switch (http_status) {
    case 409:  // somebody else writes at this moment
      return true;
    case 500:  // it may have had its effect
      return !makes_new;
    case 503:  // a gateway may say so after the effect, but these documents replace what stands
      return post && !makes_new;
    default:
      return false;
  }
}

}  // namespace

bool is_web_page(const tqp::Call& answer) {
  const std::string_view type = answer.header("Content-Type");
  return type.find("html") != std::string_view::npos || type.find("HTML") != std::string_view::npos;
}

tqp::Request CloudClient::with_usual(tqp::Request request) {
  request.auth("cbc").timeout_ms(kTimeoutMs).header("Accept", "application/json");
  if (request.method() != "GET" && request.method() != "DELETE")
    request.header("Content-Type", "application/json");
  return request;
}

Error CloudClient::in_context(Error error, const CloudCall& call) const {
  return std::move(error).in("cannot " + std::string(call.what) + " of " + host_);
}

Error CloudClient::refusal(tqp::Call& answer, const CloudCall& call) const {
  const int32_t status = answer.status();
  const auto body = answer.text(kRefusalBytesMost);
  std::string reason = body.ok() ? explanation(*body) : std::string();
  if (!reason.empty()) reason = " (\"" + reason + "\")";
  Error error = in_context({TQP_E_TRANSIENT, "HTTP " + std::to_string(status) + reason}, call);
  error.http_status = status;
  switch (status) {
    case 400:
    case 413:
    case 422:
      error.status = TQP_E_DATA;
      break;
    case 401:
      error.status = TQP_E_AUTH;
      error.field = "/api_secret_key";
      error.message = host_ + " refused the API ID and the API Secret Key" + reason +
                      "; check both, and that they belong to this Organization Key and FQDN";
      break;
    case 403:
      error.status = TQP_E_AUTH;
      error.field = "/api_id";
      error.message = "the API key lacks " + std::string(call.permission) + reason +
                      "; add it to the key's custom access level in Carbon Black Cloud (" + host_ +
                      ")";
      break;
    case 429:
      error.status = TQP_E_LIMITED;
      error.retry_after_ms = std::min(
          tqp::retry_after_ms(answer.header("Retry-After"), answer.header("Date"), run_.now_ms())
              .value_or(kDefaultRetryAfterMs),
          kMostRetryAfterMs);
      break;
    case 404:
      if (is_web_page(answer)) error.http_status = 0;  // of somebody else than the service
      break;
    case 408:
    case 409:
      break;
    default:
      if (status < 500) error.status = TQP_E_UNSUPPORTED;
  }
  return error;
}

Result<tqp::Call> CloudClient::exchange(const tqp::Request& request, const CloudCall& call) const {
  uint64_t pause_ms = kFirstPauseMs;
  for (int attempt = 1;; ++attempt) {
    auto answer = http_.send(request);
    if (!answer.ok()) {
      const tqp_status status = answer.error().status;
      if (status == TQP_SKIPPED || status == TQP_CANCELLED) return answer;
      return in_context(std::move(answer.error()), call);
    }
    if (attempt == kAttempts ||
        !again(answer->status(), request.method() == "POST", call.makes_new))
      return answer;
    uint64_t jitter = 0;
    TQP_TRY(run_.random(&jitter, sizeof jitter));
    TQP_TRY(run_.sleep_ms(jitter % pause_ms));
    pause_ms *= 2;
  }
}

Result<tqp::Call> CloudClient::send(const tqp::Request& request, const CloudCall& call) const {
  auto answer = exchange(request, call);
  if (!answer.ok() || answer->success()) return answer;
  return refusal(*answer, call);
}

Result<tqp::Acknowledgement> CloudClient::erased(const tqp::Request& request,
                                                 const CloudCall& call) const {
  TQP_ASSIGN(tqp::Call answer, exchange(request, call));
  if (answer.success()) return tqp::acknowledged_by_nothing(answer, 204);
  if (answer.status() != 404) return refusal(answer, call);
  return tqp::Acknowledgement{is_web_page(answer) ? tqp::named_answer(answer) : std::string(), 404};
}

Error CloudClient::not_acknowledged(std::string_view what, const tqp::Acknowledgement& answer,
                                    const std::string& finding) const {
  Error error{TQP_E_TRANSIENT, "cannot " + std::string(what) + " of " + host_ + ": it answered " +
                                   answer.instead + ", which is not the documented answer, and " +
                                   finding};
  error.http_status = answer.http_status == 404 ? 0 : answer.http_status;  // not the service's 404
  return error;
}

Result<void> CloudClient::settle(std::string_view what, const tqp::Acknowledgement& answer,
                                 const Result<bool>& done) const {
  if (done.ok() && *done) return {};
  if (!done.ok() && done.error().cancelled()) return Error(done.error());
  return not_acknowledged(what, answer,
                          done.ok() ? std::string(kUndone) : kUnseen + done.error().message);
}

}  // namespace cb_edr
