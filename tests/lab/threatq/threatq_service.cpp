// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/threatq_service.hpp"

#include <mutex>

namespace lab {
namespace threatq {

Response ThreatqService::handle(const Request& request) try {
  return answer(request);
} catch (const Refusal& refusal) {
  return as_response(refusal, state_.errors);
}

Response ThreatqService::answer(const Request& request) {
  FoundRoute found = find_route(state_.catalogue, request.method, request.path);
  if (found.route == nullptr) {
    if (found.other_method) throw Refusal(405, request.method + " is not known at " + request.path);
    throw Refusal(404, "there is no call " + request.method + ' ' + request.path);
  }
  const Needs needs = found.route->needs;
  const Call call{request, std::move(found.parts), admit(request, needs)};
  if (needs == Needs::kNoToken) return found.route->handler(state_, call);
  if (needs == Needs::kWrite || needs == Needs::kNoTokenButLock) {
    const std::unique_lock lock(state_.mutex);
    return found.route->handler(state_, call);
  }
  const std::shared_lock lock(state_.mutex);
  return found.route->handler(state_, call);
}

const Account* ThreatqService::admit(const Request& request, Needs needs) {
  constexpr std::string_view kBearer = "Bearer ";  // with a capital: others were refused
  if (needs == Needs::kNoToken || needs == Needs::kNoTokenButLock) return nullptr;
  const std::string header = request.header("Authorization").value_or("");
  if (!header.starts_with(kBearer)) {
    throw Refusal(401, header.empty() ? "no Authorization header"
                                      : "the Authorization header must begin with \"Bearer \"");
  }
  const Account* who = state_.accounts.holder(header.substr(kBearer.size()));
  if (who == nullptr) throw Refusal(401, "the token is unknown or has expired");
  if (needs == Needs::kToken) return who;
  if (who->role == Role::kNone) throw Refusal(403, "this account has no rights");
  if (who->role == Role::kReadOnly && needs == Needs::kWrite)
    throw Refusal(403, "this account may only read");
  return who;
}

std::string ThreatqService::route(const Request& request) const {
  const FoundRoute found = find_route(state_.catalogue, request.method, request.path);
  return found.route != nullptr ? std::string(found.route->pattern) : Service::route(request);
}

}  // namespace threatq

std::unique_ptr<Service> make_threatq(const ThreatqOptions& options) {
  return std::make_unique<threatq::ThreatqService>(options);
}

}  // namespace lab
