// SPDX-License-Identifier: Apache-2.0
// PluginSchema: a plugin's settings as its draft-07 schema with our x- keywords says. Validates and
// normalises one instance's configuration. Immutable once made; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

struct Problem {
  std::string pointer;  // into the configuration
  std::string
      message;  // what was found, what is allowed, the nearest known key; never a secret's value
};

struct PluginSettings {
  Json values;  // defaults applied, comma text split, hosts trimmed; secrets still references
  std::vector<std::string> secrets;       // pointers whose values are secret
  std::map<std::string, bool> defaulted;  // pointer -> true when the value is the schema's default
};

class PluginSchema {
 public:
  // E_CONFIG when the text is no draft-07 schema or uses an unknown x- keyword.
  static Result<std::shared_ptr<const PluginSchema>> parse(std::string_view schema_json,
                                                           std::string_view name);
  // schemas/host.schema.json, which is compiled in.
  static Result<std::shared_ptr<const PluginSchema>> of_host();
  virtual ~PluginSchema() = default;

  // All problems at once. `config` may hold secret references where the schema says writeOnly.
  virtual std::vector<Problem> apply(const Json& config, PluginSettings* out) const = 0;

  virtual const Json& json() const = 0;
  virtual std::vector<std::string> secret_pointers() const = 0;
};

}  // namespace tq
