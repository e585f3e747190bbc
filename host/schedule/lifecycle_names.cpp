// SPDX-License-Identifier: Apache-2.0
// The names of what an instance does and is wanted to do, as records and people have them.
#include <array>
#include <utility>

#include "schedule/lifecycle.hpp"

namespace tq {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 8> kStates = {
    {{State::kWaiting, "waiting"},
     {State::kStarting, "starting"},
     {State::kRunning, "running"},
     {State::kNeedsAttention, "needs_attention"},
     {State::kBackingOff, "backing_off"},
     {State::kFailed, "failed"},
     {State::kDisabled, "disabled"},
     {State::kDraining, "draining"}}};

constexpr std::array<std::pair<Wanted, std::string_view>, 3> kWanted = {
    {{Wanted::kRuns, "runs"}, {Wanted::kPaused, "paused"}, {Wanted::kStopped, "stopped"}}};

}  // namespace

std::string_view state_name(State state) {
  for (const auto& [known, name] : kStates)
    if (known == state) return name;
  return "";
}

std::string_view wanted_name(Wanted wanted) {
  for (const auto& [known, name] : kWanted)
    if (known == wanted) return name;
  return "";
}

Wanted wanted_from(std::string_view name) {
  for (const auto& [known, known_name] : kWanted)
    if (known_name == name) return known;
  return Wanted::kRuns;
}

}  // namespace tq
