// SPDX-License-Identifier: Apache-2.0
// The schedule that an instance goes by: its own, else the one that its plugin recommends. Pure
// functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "schedule/schedule.hpp"

namespace tq {

// `schema`: the plugin's, as text; one that cannot be read recommends nothing. `written`: the
// instance's own. E_CONFIG: "schedule: ..." or, of the plugin's, "the plugin's own schedule: ...".
Result<Schedule> schedule_of(std::string_view schema, const std::string& written);

}  // namespace tq
