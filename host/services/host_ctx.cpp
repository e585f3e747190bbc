// SPDX-License-Identifier: Apache-2.0
#include "services/host_ctx.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text.hpp"

namespace tq {
namespace {

static_assert(static_cast<int32_t>(Status::kOk) == TQP_OK);
static_assert(static_cast<int32_t>(Status::kCancelled) == TQP_CANCELLED);
static_assert(static_cast<int32_t>(Status::kEnd) == TQP_END);
static_assert(static_cast<int32_t>(Status::kAgain) == TQP_AGAIN);
static_assert(static_cast<int32_t>(Status::kSkipped) == TQP_SKIPPED);
static_assert(static_cast<int32_t>(Status::kConfig) == TQP_E_CONFIG);
static_assert(static_cast<int32_t>(Status::kAuth) == TQP_E_AUTH);
static_assert(static_cast<int32_t>(Status::kTransient) == TQP_E_TRANSIENT);
static_assert(static_cast<int32_t>(Status::kLimited) == TQP_E_LIMITED);
static_assert(static_cast<int32_t>(Status::kData) == TQP_E_DATA);
static_assert(static_cast<int32_t>(Status::kUnsupported) == TQP_E_UNSUPPORTED);
static_assert(static_cast<int32_t>(Status::kDenied) == TQP_E_DENIED);
static_assert(static_cast<int32_t>(Status::kBug) == TQP_E_BUG);

thread_local const tqp_host_ctx* t_home = nullptr;

constexpr std::string_view kShortened = "...";  // the redactor knows what it means

template <size_t N>
void copy_text(char (&to)[N], std::string_view from) {
  const bool whole = from.size() < N;
  const std::string_view cut = whole ? from : utf8_cut(from, N - 1 - kShortened.size());
  const std::string_view mark = whole ? std::string_view() : kShortened;
  cut.copy(to, cut.size());  // either may be empty, with no pointer
  mark.copy(to + cut.size(), mark.size());
  to[cut.size() + mark.size()] = '\0';
}

}  // namespace

HomeContext::HomeContext(const tqp_host_ctx* ctx) : before_(t_home) { t_home = ctx; }
HomeContext::~HomeContext() { t_home = before_; }
const tqp_host_ctx* HomeContext::of_thread() { return t_home; }

tqp_status answer(const Error& error, tqp_error* out) {
  if (TQP_REACHES(out, http_status)) out->http_status = error.http_status;
  if (TQP_REACHES(out, retry_after_ms)) out->retry_after_ms = error.retry_after_ms;
  if (TQP_REACHES(out, field)) copy_text(out->field, error.field);
  if (TQP_REACHES(out, message)) copy_text(out->message, error.message);
  return static_cast<tqp_status>(error.status);
}

tqp_status report(const tqp_host_ctx* ctx, const Error& error, tqp_error* out) {
  if (error.status == Status::kBug && ctx != nullptr) ctx->breach.note(error.message);
  return answer(error, out);
}

bool is_home(const tqp_host_ctx* ctx) { return std::this_thread::get_id() == ctx->home; }

}  // namespace tq
