// SPDX-License-Identifier: Apache-2.0
// The older form of a report's indicators, "iocs", which the service turns into "iocs_v2" when it
// is written. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace lab::cbc {

// The report's text with "iocs" as entries of "iocs_v2". Throws Invalid.
std::string converted(std::string_view report);

}  // namespace lab::cbc
