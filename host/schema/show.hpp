// SPDX-License-Identifier: Apache-2.0
// What `config show` prints: every value with its origin, secrets masked. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "schema/config.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {

// The schema of a plugin, or null when there is no such plugin.
using SchemaLookup = std::function<std::shared_ptr<const PluginSchema>(const std::string& plugin)>;

// The whole configuration, or one instance (REQUIRES: config.find(instance)). Text: a line for each
// value; JSON: an object with "file", "values" and "origins". Without a schema every text of an
// instance's config is masked, because it may be a secret.
std::string show_config(const HostConfig& config, const std::string& instance, bool json,
                        const SchemaLookup& schema_of);

}  // namespace tq
