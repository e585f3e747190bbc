// SPDX-License-Identifier: Apache-2.0
// What keeps the pages of portals and proxies from being taken for answers of ThreatQ's.
#include "core/text.hpp"
#include "threatq/api.hpp"

namespace tq {
namespace {

constexpr size_t kAnswerLimit = 64 << 20;

}  // namespace

Result<std::unique_ptr<HttpResponse>> Api::send(const Call& call, const Cancel& cancel) {
  TQ_ASSIGN(auto response, send_any(call, cancel));
  auto checked = refuse_web_page(std::move(response), options_.origin.text(), log_.redactor());
  if (checked || checked.error().status == Status::kCancelled) return checked;
  return failure(checked.error().status, call.what, "the answer was " + checked.error().message);
}

Result<Written> Api::change(const Call& call, std::string_view right, const Cancel& cancel) {
  TQ_ASSIGN(const auto response, send_any(call, cancel));
  if (response->status() < 200 || response->status() >= 300)
    return refused(*response, call.what, right);
  auto body = response->read_all(kAnswerLimit);
  if (!body) return std::move(body.error()).in(place() + ": " + std::string(call.what));
  Written written = read_written(response->status(), response->header("Content-Type"), *body,
                                 options_.origin.text(), log_.redactor());
  written.doubt = clean(written.doubt);
  wipe(*body);
  return written;
}

Error Api::not_done(std::string_view what, std::string_view doubt) const {
  return failure(Status::kTransient, what,
                 "the answer was " + std::string(doubt) +
                     ". ThreatQ was asked what stands, and it is not what was written");
}

}  // namespace tq
