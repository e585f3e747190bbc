// SPDX-License-Identifier: Apache-2.0
#include "worker/outcome.hpp"

#include <algorithm>
#include <array>

namespace tq {

Exit exit_of(Status status, bool before_work, bool dead_letters) {
  switch (status) {
    case Status::kOk:
    case Status::kCancelled:
      return dead_letters ? Exit::kDeadLettered : Exit::kDone;
    case Status::kUnsupported:
      return Exit::kUsage;
    case Status::kDenied:
      return Exit::kRefused;
    case Status::kConfig:
      return before_work ? Exit::kUsage : Exit::kFailed;
    default:
      return Exit::kFailed;
  }
}

std::string_view state_of(Status status) {
  switch (status) {
    case Status::kOk:
      return "done";
    case Status::kCancelled:
      return "cancelled";
    case Status::kConfig:
    case Status::kAuth:
    case Status::kUnsupported:
    case Status::kDenied:
      return "needs_attention";
    default:
      return "failed";
  }
}

Exit worse(Exit a, Exit b) {
  constexpr std::array kByRank = {Exit::kDone,       Exit::kDeadLettered, Exit::kInterrupted,
                                  Exit::kTerminated, Exit::kFailed,       Exit::kUsage,
                                  Exit::kRefused};
  const auto rank = [&](Exit exit) { return std::find(kByRank.begin(), kByRank.end(), exit); };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace tq
