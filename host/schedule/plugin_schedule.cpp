// SPDX-License-Identifier: Apache-2.0
#include "schedule/plugin_schedule.hpp"

#include <utility>

#include "core/json.hpp"
#include "core/text.hpp"
#include "schema/interval.hpp"

namespace tq {

Result<Schedule> schedule_of(std::string_view schema, const std::string& written) {
  const bool own = !trim(written).empty();
  const auto json = own ? Result<Json>(Json()) : parse_json(schema, "a schema");
  auto schedule = Schedule::parse(own || !json ? written : schedule_or_default(*json, {}));
  if (schedule) return schedule;
  return std::move(schedule.error()).in(own ? "schedule" : "the plugin's own schedule");
}

}  // namespace tq
