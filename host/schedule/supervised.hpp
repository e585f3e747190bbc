// SPDX-License-Identifier: Apache-2.0
// Supervised: one instance under the supervisor: its lifecycle with the parts that it lacks, which
// are processes, files and a clock. One thread; what it is given outlives it.
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "schedule/host_plan.hpp"
#include "schedule/lifecycle.hpp"
#include "schedule/plugin_watch.hpp"
#include "store/instance_record.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// What all of them share.
struct Bench {
  World& world;
  Log& log;
  const HostPlan& host;
  PluginWatch& plugins;
  const ConfigSources& sources;
  const ShimProgram& shim;
  Level log_level = Level::kInfo;
  bool log_json = false;
  bool lost = false;  // the state folder: nothing can be kept any more
};

class Supervised {
 public:
  // Goes on where the record of an earlier supervisor ends. Starts nothing yet.
  Supervised(const Bench& bench, InstancePlan plan, Moment now);

  const std::string& name() const { return plan_.name; }
  const Lifecycle& life() const { return life_; }
  bool planned() const { return planned_; }  // false: it is no longer configured
  bool has_process() const {
    return worker_.has_value() || successor_.has_value() || verifier_.has_value() ||
           !dropped_.empty();
  }

  // The configuration was read again, or the plugins folder has changed.
  void plan(InstancePlan plan, Moment now);
  // It is no longer configured: what runs drains.
  void unplan(Moment now);
  void plugin_changed(Moment now);

  void take(const LifeEvent& event, Moment now);
  // Why a person's word cannot be followed, and what to do; empty: it can.
  std::string refusal(LifeEvent::Kind command) const;
  // `verify`: also when it is to be verified.
  Due due(bool verify) const { return next_due(life_, lifecycle_plan_, verify); }

  void add_to(std::vector<pollfd>& fds) const;
  // Hears what its workers say and whether they have ended.
  void attend(Moment now);
  // A run that somebody else began, by hand or by cron, and that has done its work, ends what was
  // the matter.
  void look_at_others_runs(Moment now);
  // A listener that does nothing any more is ended.
  void look_for_hang(Moment now);
  void kill();  // all of its processes, at once

  Json status(Moment now) const;
  // Why what a person wants of it is not on the disk, and what that means; empty: it is.
  const std::string& unkept() const { return unkept_; }
  // For whoever has said something to it: "cb-prod is waiting", and until when it is paused.
  std::string note(Moment now) const;

 private:
  const TakenPlugin* plugin() const { return bench_.plugins.find(plan_.plugin); }
  void resume(Moment now);
  void resume_pause(Moment now);
  int64_t next_ms(Moment now) const;
  void replan();
  void adopt(InstancePlan plan, Moment now);
  void perform(Action action, Moment now);
  Result<WorkerProcess> launch(bool standby, Moment now);
  Result<Assignment> assignment(Moment now) const;
  void judge_file(const WorkerEnd& end, const std::string& digest, bool asked, Moment now);
  void begin_verification(Moment now);
  void attend_verification(Moment now);
  VerifyEnd judge_verification(const WorkerEnd& end, Moment now);
  void hear(const Json& line, bool from_successor, Moment now);
  void worker_ended(Moment now);
  void successor_ended(Moment now);
  void attend_dropped();
  void tell_remains(const WorkerEnd& end);
  void note_death(const WorkerEnd& end, bool counted, Moment now);
  void log_dry_run(const WorkerEnd& end, Outcome outcome);
  std::string reason(Moment now) const;
  std::string paused_reason(Moment now) const;
  std::string attention_reason() const;
  std::string idle_reason() const;
  Level level_of_state() const;
  std::string unkept_because(const Error& error) const;
  void keep_record(Moment now, Durable durable);

  const Bench& bench_;
  InstancePlan plan_;
  Plan lifecycle_plan_;
  bool planned_ = true;
  std::string schedule_problem_;
  Lifecycle life_;
  InstanceRecord record_;
  std::optional<WorkerProcess> worker_, successor_, verifier_;
  std::vector<WorkerProcess> dropped_;  // successors that were not needed, until they have ended
  std::string worker_digest_, successor_digest_;  // of the plugin that it runs
  bool successor_ready_ = false;  // before anybody saw that the old worker has ended
  std::string note_;              // of the last end of a run, which is kept
  std::string unkept_;
  Json progress_;
};

}  // namespace tq
