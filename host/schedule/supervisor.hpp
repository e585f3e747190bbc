// SPDX-License-Identifier: Apache-2.0
// Supervisor: `tqhost run-forever`: watches the plugins folder, keeps each instance as its
// lifecycle says, listens to a person's word and to signals. One thread, one poll(2). No vendor
// traffic, no secret in use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/repeated_signal.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "schedule/control.hpp"
#include "schedule/host_plan.hpp"
#include "schedule/plugin_watch.hpp"
#include "schedule/service_manager.hpp"
#include "schedule/state_folder.hpp"
#include "schedule/supervised.hpp"
#include "worker/outcome.hpp"
#include "worker/shim_program.hpp"
#include "worker/unclaimed.hpp"

namespace tq {

struct SupervisorOptions {
  ConfigSources sources;
  Level log_level = Level::kInfo;
  bool log_json = false;
  std::filesystem::path pid_file;  // empty: none
};

class Supervisor {
 public:
  // Reads the configuration, takes the state folder's lock, opens log and control socket. E_CONFIG;
  // E_LIMITED: another supervisor has this state folder.
  static Result<std::unique_ptr<Supervisor>> create(SupervisorOptions options, World& world);
  ~Supervisor();

  // Until it is asked to end: SIGTERM or SIGINT drain, a second one, a second later at the soonest,
  // ends at once; SIGHUP reads the configuration again. kUsage: the state folder was taken from it,
  // and a person has to look.
  Exit run();

 private:
  Supervisor(SupervisorOptions options, World& world, HostPlan plan);

  Moment now() const;
  Result<void> open();
  void take_signals(Moment now);
  void asked_to_end(Moment now);
  void shut_down(Moment now);
  // An error: the configuration cannot be read, and the one before goes on.
  Result<void> reload(Moment now);
  void take_up(HostPlan fresh, Moment now);
  // Leaves `out` as it is when the file cannot be read.
  static void read_secret_times(const HostConfig& config, SecretTimes* out);
  void plan_instances(Moment now);
  void tell_what_is_missing(const InstancePlan& plan);
  bool is_needed(const PluginChange& change) const;
  void look_at_plugins(Moment now, bool all);
  void wake_instances(Moment now);
  bool may_verify() const;  // not too many others are verified
  void sweep(Moment now);
  void look_at_clocks(Moment now);
  void look_at_folder(Moment now);
  bool finished() const;
  int wait_ms(Moment now) const;
  void poll_once();
  std::string summary() const;

  Json answer(const Json& request);
  Json answer_reload(Moment now);
  Json command(const std::string& name, Supervised& instance, const Json& request, Moment now);
  Supervised* find(const std::string& name);

  SupervisorOptions options_;
  World& world_;
  HostPlan plan_;
  SecretTimes secret_times_;
  std::optional<StateFolder> folder_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ControlServer> control_;
  std::optional<PluginWatch> plugins_;
  std::optional<Bench> bench_;
  ServiceManager manager_;
  UniqueFd signals_;
  Unclaimed unclaimed_;
  ShimProgram shim_;
  std::vector<std::unique_ptr<Supervised>> instances_;
  Due sweep_due_;
  int64_t wall_ahead_ms_ = 0;  // of the clock that never jumps
  RepeatedSignal asked_;
  bool asked_to_end_ = false;
  bool shutting_down_ = false;
  bool console_behind_ = false;
  std::string folder_trouble_;  // what was told last
  Exit exit_ = Exit::kDone;
};

}  // namespace tq
