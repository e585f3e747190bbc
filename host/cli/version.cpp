// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include <tqp/plugin.h>

namespace tq {

std::string version_text() {
  return "tqhost " TQ_VERSION " (plugin ABI " + std::to_string(TQP_ABI_MAJOR) + "." +
         std::to_string(TQP_ABI_MINOR) + ")";
}

}  // namespace tq
