// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/access.hpp"

namespace lab::cbc {

const std::vector<std::string>& all_permissions() {
  static const std::vector<std::string> all = {"org.feeds:READ",        "org.feeds:CREATE",
                                               "org.feeds:UPDATE",      "org.feeds:DELETE",
                                               "org.watchlists:READ",   "org.watchlists:CREATE",
                                               "org.watchlists:UPDATE", "org.watchlists:DELETE"};
  return all;
}

Access::Access(std::string token, const std::vector<std::string>& permissions)
    : token_(std::move(token)) {
  const auto& granted = permissions.empty() ? all_permissions() : permissions;
  permissions_.insert(granted.begin(), granted.end());
}

std::optional<std::chrono::seconds> RateLimit::take(Clock::time_point now) {
  if (requests_ == 0) return std::nullopt;
  while (!seen_.empty() && seen_.front() <= now - window_) seen_.pop_front();
  const bool refused = seen_.size() >= requests_;
  seen_.push_back(now);
  if (!refused) return std::nullopt;
  // There is room again once fewer than `requests_` of those seen are inside the window.
  const auto free_at = seen_[seen_.size() - requests_] + window_;
  return std::chrono::ceil<std::chrono::seconds>(free_at - now);
}

}  // namespace lab::cbc
