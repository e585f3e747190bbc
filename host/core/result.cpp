// SPDX-License-Identifier: Apache-2.0
#include "core/result.hpp"

namespace tq {

std::string_view status_name(Status status) {
  switch (status) {
    case Status::kOk:
      return "OK";
    case Status::kCancelled:
      return "CANCELLED";
    case Status::kEnd:
      return "END";
    case Status::kAgain:
      return "AGAIN";
    case Status::kSkipped:
      return "SKIPPED";
    case Status::kConfig:
      return "E_CONFIG";
    case Status::kAuth:
      return "E_AUTH";
    case Status::kTransient:
      return "E_TRANSIENT";
    case Status::kLimited:
      return "E_LIMITED";
    case Status::kData:
      return "E_DATA";
    case Status::kUnsupported:
      return "E_UNSUPPORTED";
    case Status::kDenied:
      return "E_DENIED";
    case Status::kBug:
      return "E_BUG";
  }
  return "E_BUG";
}

Error Error::in(std::string_view context) && {
  message.insert(0, ": ");
  message.insert(0, context);
  return std::move(*this);
}

}  // namespace tq
