// SPDX-License-Identifier: Apache-2.0
// Standing: how an instance stands, from what its runs and the supervisor have left, and from the
// supervisor itself where one runs; what is not well with it, and what to do. Values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/json.hpp"
#include "store/instance_record.hpp"
#include "store/run_record.hpp"
#include "store/store.hpp"
#include "store/verify_record.hpp"

namespace tq {

// What the supervisor of a state folder says of its instances, or why it says nothing.
struct Supervision {
  enum class Answer { kNobody, kAnswers, kSilent, kForbidden };

  Answer answer = Answer::kNobody;
  std::string problem;  // kSilent, kForbidden: for people
  std::map<std::string, Json> instances;
};

Supervision ask_for_standings(const HostConfig& config);

// One thing that a person has to know.
struct Finding {
  std::string what;
  std::string todo;  // what to type or to look at; empty: `what` says it, or nothing is to be done
  bool bad = true;   // the instance is not well
};

struct Standing {
  std::string state;  // the supervisor's, else the run record's, or "never ran", "disabled", "died"
  std::vector<Finding> findings;  // the bad ones first, those of most weight first
  bool well = true;
  std::optional<RunRecord> run;
  std::optional<InstanceRecord> kept;  // of a supervisor, running or not
  Json live;                           // what the supervisor says now; null: none runs
  std::string schedule;                // that it is to run by, its own or its plugin's; empty: none
  bool plugins_own_schedule = false;
  bool listener = false;               // it runs only under a supervisor, and all the time
  std::string warning;                 // about how often it is to run
  int64_t unrecorded_ms = 0;           // when a run could not write its record; 0: none
  uint64_t dead_letters = 0;           // that nobody has looked after
  Relearn relearn = Relearn::kNo;      // the next run looks at everything again
  bool verifiable = false;             // its plugin can compare what stands at the remote
  std::optional<VerifyRecord> verify;  // what was found when that was done
  std::string verify_note;             // what a person has to know of it

  void add(std::string what, std::string todo = {}, bool bad = true);
};

// `registry`: null when the plugins folder cannot be read.
Standing standing_of(const HostConfig& config, const InstanceConfig& instance,
                     const Registry* registry, const Supervision& supervision, int64_t now_ms);

// The parts of it: what the last run, its state and its schedule tell.
void judge_run(const HostConfig& config, const InstanceConfig& instance, Standing& standing);
void judge_state_file(const HostConfig& config, const InstanceConfig& instance, Standing& standing);
void judge_age(const InstanceConfig& instance, Standing& standing, int64_t now_ms);

// Whom it takes for who they say, because a setting says so: by the configuration for ThreatQ, by
// the last run for the plugin's hosts.
void judge_certificates(const HostConfig& config, const InstanceConfig& instance,
                        Standing& standing);

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
