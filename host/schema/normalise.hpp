// SPDX-License-Identifier: Apache-2.0
// Brings a configuration into the one form that is validated and given to the plugin: renamed keys
// moved, removed ones refused, comma text split, hosts cut, text of the environment and of forms
// turned into numbers, defaults applied, secrets found. Any thread.
#pragma once

#include <vector>

#include "schema/plugin_schema.hpp"

namespace tq {

// Changes settings->values along the schema and fills the other members. What cannot be brought
// into form is left as it is, for the validation to tell; only what is seen here alone is returned.
std::vector<Problem> normalise(const Json& schema, PluginSettings* settings);

// What a property was called before: its x-renamed-from.
std::vector<std::string> old_names(const Json& property);

}  // namespace tq
