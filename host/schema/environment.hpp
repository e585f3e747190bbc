// SPDX-License-Identifier: Apache-2.0
// The TQHOST_... variables: every key of the host's schema has one. Any thread.
#pragma once

#include <string>
#include <vector>

#include "schema/config.hpp"
#include "schema/config_tree.hpp"

namespace tq {

// Its value; empty: it is not set.
std::string variable(const Environment& environment, const char* name);

// "max_size_mb" -> "MAX_SIZE_MB", "cb-prod" -> "CB_PROD"
std::string variable_name(std::string_view key);

// Puts the variables into the tree. Returns a line for each TQHOST_ variable that names nothing.
std::vector<std::string> apply_environment(const Environment& environment, const Json& host_schema,
                                           ConfigTree* tree);

}  // namespace tq
