// SPDX-License-Identifier: Apache-2.0
// Standing: how an instance stands, from what its runs and the supervisor have left, and from the
// supervisor itself where one runs. Values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/json.hpp"
#include "store/instance_record.hpp"
#include "store/run_record.hpp"
#include "store/verify_record.hpp"

namespace tq {

struct Standing {
  std::string state;  // the supervisor's, else the run record's, or "never ran", "disabled", "died"
  std::string note;   // what a person has to know
  std::string warning;  // about its schedule
  bool well = true;
  std::optional<RunRecord> run;
  std::optional<InstanceRecord> kept;  // of a supervisor, running or not
  Json live;                           // what the supervisor says now; null: none runs
  bool verifiable = false;             // its plugin can compare what stands at the remote
  std::optional<VerifyRecord> verify;  // what was found when that was done
  std::string verify_note;             // what a person has to know of it
};

// What the supervisor of this configuration's state folder says of each instance, by name; empty:
// none runs.
std::map<std::string, Json> live_standings(const HostConfig& config);

// `registry`: null when the plugins folder cannot be read. `live`: null: no supervisor runs.
Standing standing_of(const HostConfig& config, const InstanceConfig& instance,
                     const Registry* registry, const Json& live, int64_t now_ms);

// What verifications of the instance tell: fills `verify` and its note, and says whether it is
// well.
void judge_verification(const HostConfig& config, const InstanceConfig& instance,
                        Standing& standing, int64_t now_ms);
Json verification_json(const InstanceConfig& instance, const Standing& standing);

// "3 days", "5 h", "40 min"
std::string duration_for_people(int64_t ms);
// A record says "running" for ever when power was cut; the process tells.
bool is_alive(int pid);

Json to_json(const InstanceConfig& instance, const Standing& standing);

}  // namespace tq
