// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tq {

// "tqhost 0.1.0 (plugin ABI 1.0 to 1.2, revision 0123abcd)": plugins built against these load.
std::string version_text();

}  // namespace tq
