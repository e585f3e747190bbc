// SPDX-License-Identifier: Apache-2.0
// RefusedValues: when a remote refuses a log-in, says which of the values that were sent have
// something invisible at an end, for nobody sees it in a form or a file. Owns copies of the values.
// One thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "load/manifest.hpp"
#include "schema/plugin_schema.hpp"
#include "worker/ground.hpp"
#include "worker/settings.hpp"

namespace tq {

class RefusedValues {
 public:
  void learn(const PluginSchema& schema, const Manifest& manifest,
             const InstanceSettings& settings);

  // Of what the error is about: ThreatQ's log-in, or the settings of the plugin's auth entries and
  // the error's field. To be put behind its message; "" when all can be seen, and for other errors.
  std::string note(const Error& error, const Ground& ground) const;

 private:
  struct Value {
    std::string name;  // "the API ID"
    Secret text;
  };

  std::map<std::string, Value> values_;  // JSON pointer -> texts of the settings
  std::set<std::string> in_auth_;        // pointers that an auth entry uses
};

}  // namespace tq
