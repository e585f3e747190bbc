// SPDX-License-Identifier: Apache-2.0
// The page that describes settings for people, from their schema alone: what `tqhost schema NAME
// --format markdown` prints and docs/settings/ holds. Pure functions; any thread.
#pragma once

#include <string>

#include "core/json.hpp"

namespace tq {

// A plugin's settings.
std::string settings_markdown(const std::string& plugin_id, const Json& schema);

// The host file's.
std::string host_settings_markdown(const Json& host_schema);

}  // namespace tq
