// SPDX-License-Identifier: Apache-2.0
// Which secrets at rest a configuration names: for `secret check`. Pure functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "load/registry.hpp"
#include "schema/config.hpp"

namespace tq {

struct SecretUses {
  std::map<std::string, SecretRef> named;  // {"secret": NAME}, by place
  std::set<std::string> names;             // those, and what tqhost itself keeps for the instances
  std::vector<Error> problems;             // settings that name what is ThreatQ's
  std::vector<std::string> unknown;  // instances whose plugin is not there to say what is secret
};

SecretUses find_secret_uses(const HostConfig& config, const Registry& registry);

}  // namespace tq
