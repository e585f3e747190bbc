// SPDX-License-Identifier: Apache-2.0
// Looks in a report of the feed for the IOC with a value: its id is that of the first indicator
// that has it. One request, which changes nothing. Home thread; borrows nothing.
#pragma once

#include <optional>
#include <string_view>
#include <tqp/plugin.hpp>

#include "answers.hpp"
#include "settings.hpp"

namespace cb_edr {

struct IocSearch {
  std::string_view feed_id, report_id;
  std::string_view field, value;
};

// Nothing when the report does not stand, or has no such IOC.
tqp::Result<std::optional<Ioc>> find_ioc(const tqp::Http& http, const Settings& settings,
                                         const IocSearch& search);

}  // namespace cb_edr
