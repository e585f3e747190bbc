// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include <revision.h>
#include <tqp/plugin.h>

namespace tq {

std::string version_text() {
  const std::string major = std::to_string(TQP_ABI_MAJOR);
  return "tqhost " TQ_VERSION " (plugin ABI " + major + ".0 to " + major + "." +
         std::to_string(TQP_ABI_MINOR) + ", revision " TQ_REVISION ")";
}

}  // namespace tq
