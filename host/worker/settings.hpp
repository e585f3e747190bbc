// SPDX-License-Identifier: Apache-2.0
// The settings of one instance as its plugin's schema wants them, and the texts of its secrets. In
// the worker only: nobody else resolves a secret. One thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "schema/config.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {

struct InstanceSettings {
  Json values;                            // valid, defaults applied, without the secrets
  std::map<std::string, Secret> secrets;  // JSON pointer -> text; those that are set
};

// What the form calls the setting at a pointer, or its key.
std::string setting_label(const PluginSchema& schema, const std::string& pointer);

// E_CONFIG with every problem, a line each: where it stands, the setting, what is wrong; for a
// value of ThreatQ's form (`from_form`: the keys that it gave, null when the configuration is the
// file's) its label instead of file and pointer. The error's field is the first one's.
Result<InstanceSettings> read_settings(const PluginSchema& schema, const InstanceConfig& instance,
                                       const HostConfig& config, const Environment& environment,
                                       const std::set<std::string>* from_form = nullptr);

}  // namespace tq
