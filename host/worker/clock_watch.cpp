// SPDX-License-Identifier: Apache-2.0
#include "worker/clock_watch.hpp"

#include <cstdlib>

#include "core/saturating.hpp"

namespace tq {
namespace {

constexpr int64_t kToleratedMs = 60'000;  // a Date header has whole seconds, and answers take time

std::string words(const std::string& host, int64_t ahead_ms) {
  return "this clock is " + std::to_string(std::abs(ahead_ms) / 1000) + " s " +
         (ahead_ms > 0 ? "ahead of " : "behind ") + host;
}

std::string name_of(const Origin& origin) {
  return origin.port == 443 ? origin.host : origin.host_port();
}

}  // namespace

void ClockWatch::see(const Origin& origin, const HttpResponse& response) {
  if (response.date_ms() == 0) return;
  const int64_t ahead_ms = saturating_sub(world_.now_ms(), response.date_ms());
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = ahead_ms_.emplace(name_of(origin), ahead_ms);
  if (!is_new || std::abs(ahead_ms) <= kToleratedMs) return;
  log_.warning(Event::kClock,
               words(at->first, ahead_ms) +
                   "; synchronise it (NTP), for log-ins and signatures depend on it");
}

std::string ClockWatch::suspicion() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [host, ahead_ms] : ahead_ms_)
    if (std::abs(ahead_ms) > kToleratedMs) out += (out.empty() ? "" : "; ") + words(host, ahead_ms);
  return out.empty() ? out : out + ": synchronise it (NTP)";
}

std::string ClockWatch::agreement() const {
  const std::lock_guard lock(mutex_);
  int64_t most_ms = 0;
  for (const auto& [host, ahead_ms] : ahead_ms_) most_ms = std::max(most_ms, std::abs(ahead_ms));
  if (ahead_ms_.empty() || most_ms > kToleratedMs) return {};
  return "the clock (within " + std::to_string(most_ms / 1000 + 1) + " s of every server)";
}

}  // namespace tq
