// SPDX-License-Identifier: Apache-2.0
// KeptForm: the last good values of an instance's form in ThreatQ, sealed in the state folder, so
// that a restart does not need ThreatQ to be up. Values; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "schema/config.hpp"

namespace tq {

struct KeptForm {
  int64_t taken_ms = 0;  // wall time, when they were first seen as they are
  bool enabled = false;  // the switch
  Json config = Json::object();
  std::string record;  // the name of the record that they stand in

  // Whether they say the same, whenever it was.
  bool same_as(const KeptForm& other) const;
};

// Whether one was ever kept, also one that cannot be opened any more.
bool has_kept_form(const HostConfig& config, const std::string& instance);

// E_CONFIG, E_DATA: none is kept, or it cannot be opened.
Result<KeptForm> read_kept_form(const HostConfig& config, const Environment& environment,
                                const std::string& instance);

// Replaces it, whole or not at all; makes the key of secrets at rest when there is none.
Result<void> write_kept_form(const HostConfig& config, const Environment& environment,
                             const std::string& instance, const KeptForm& form);

}  // namespace tq
