// SPDX-License-Identifier: Apache-2.0
#include "schedule/control_request.hpp"

#include <algorithm>

#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr uint64_t kLongestPauseMs = 366ULL * 24 * 60 * 60'000;

}  // namespace

LifeEvent event_of(LifeEvent::Kind kind, const Json& request) {
  LifeEvent event{.kind = kind};
  event.full = flag_at(request, "full");
  event.adopt = flag_at(request, "adopt");
  event.dry = flag_at(request, "dry_run");
  if (const auto asked = request.find("for_ms");
      asked != request.end() && asked->is_number_unsigned())
    event.pause_ms = std::min(asked->get<uint64_t>(), kLongestPauseMs);
  return event;
}

std::string options_of(const LifeEvent& event) {
  std::string out;
  if (event.full) out += " --full";
  if (event.adopt) out += " --adopt";
  if (event.dry) out += " --dry-run";
  if (event.pause_ms > 0) out += " --for " + std::to_string(event.pause_ms / 1000) + "s";
  return out;
}

}  // namespace tq
