// SPDX-License-Identifier: Apache-2.0
#include "cli/standing.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/record_json.hpp"
#include "schedule/control.hpp"
#include "schedule/schedule.hpp"
#include "schema/interval.hpp"
#include "worker/layout.hpp"
#include "worker/work.hpp"

namespace tq {
namespace {

constexpr int64_t kStaleIntervals = 3;
constexpr std::array kWell = {"done",    "running",  "disabled", "cancelled",
                              "waiting", "starting", "draining", "never ran"};

// What the last run left.
void judge_run(Standing& standing) {
  const RunRecord& run = *standing.run;
  standing.state = run.state;
  if (run.state == "running" && !is_alive(run.pid)) {
    standing.state = "died";
    standing.note = "process " + std::to_string(run.pid) +
                    " is gone and left no word; the next run goes on where it was";
  }
  if (run.state == "disabled") standing.note = "switched off in ThreatQ";
  if (!run.error_message.empty()) standing.note = run.error_message;
}

// An old success is as bad as a failure, and is nobody's message. Without a schedule nobody knows
// how old it may be.
void judge_age(Standing& standing, const std::string& schedule, int64_t now_ms) {
  const auto parsed = Schedule::parse(schedule);
  const auto interval_ms = parsed ? static_cast<int64_t>(parsed->interval_ms({now_ms, 0})) : 0;
  const int64_t success_ms = standing.run->last_success_ms;
  const int64_t age_ms = now_ms - success_ms;
  if (interval_ms == 0 || parsed->continuous() || success_ms == 0 ||
      standing.run->state == "disabled" || age_ms <= kStaleIntervals * interval_ms)
    return;
  standing.well = false;
  if (standing.note.empty())
    standing.note = "no run has succeeded for " + duration_for_people(age_ms) +
                    ", its schedule is " + schedule +
                    "; look at whatever is to start it: cron, or tqhost run-forever";
}

void look_at_plugin(const HostConfig& config, const InstanceConfig& instance,
                    const Registry& registry, Standing& standing) {
  const auto plugin = find_plugin(registry, config, instance.plugin);
  if (!plugin) {
    standing.well = false;
    standing.note = plugin.error().message;
    return;
  }
  const auto schema = parse_json(plugin->schema, instance.plugin + "'s schema");
  if (schema) standing.warning = interval_warning(*schema, instance.schedule);
  standing.verifiable = lacking_facet(plugin->manifest, Purpose::kVerify).empty();
}

}  // namespace

bool is_alive(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

std::string duration_for_people(int64_t ms) {
  const int64_t minutes = ms / 60'000;
  if (minutes < 2 * 60) return std::to_string(minutes) + " min";
  return minutes < 48 * 60 ? std::to_string(minutes / 60) + " h"
                           : std::to_string(minutes / (24 * 60)) + " days";
}

std::map<std::string, Json> live_standings(const HostConfig& config) {
  std::map<std::string, Json> out;
  const auto answer = ask_supervisor(config.state_dir, {{"command", "status"}});
  const Json* const list = answer ? json_at(*answer, "/instances") : nullptr;
  if (list != nullptr && list->is_array())
    for (const Json& one : *list) out[text_at(one, "instance")] = one;
  return out;
}

Standing standing_of(const HostConfig& config, const InstanceConfig& instance,
                     const Registry* registry, const Json& live, int64_t now_ms) {
  Standing out;
  const auto folder = instance_folder(config, instance.name);
  if (auto run = read_run_record(run_record_file(folder))) out.run = run.take();
  if (auto kept = read_instance_record(instance_record_file(folder))) out.kept = kept.take();
  out.live = live;
  out.state = "never ran";
  if (out.run) judge_run(out);
  if (!instance.enabled) {
    out.state = "disabled";
    out.note = "disabled in the configuration";
    return out;
  }
  if (live.is_object()) {
    const bool switched_off = out.state == "disabled";
    out.state = text_at(live, "state");
    if (const std::string reason = text_at(live, "reason"); !reason.empty() && !switched_off)
      out.note = reason;
  }
  out.well = std::find(kWell.begin(), kWell.end(), out.state) != kWell.end();
  if (out.run) judge_age(out, instance.schedule, now_ms);
  if (registry != nullptr) {
    look_at_plugin(config, instance, *registry, out);
  } else {
    std::error_code ignored;  // what was found is shown also when the plugins are not there
    out.verifiable = std::filesystem::exists(verify_record_file(folder), ignored);
  }
  judge_verification(config, instance, out, now_ms);
  return out;
}

Json to_json(const InstanceConfig& instance, const Standing& standing) {
  Json out = {{"instance", instance.name},
              {"plugin", instance.plugin},
              {"state", standing.state},
              {"well", standing.well},
              {"note", standing.note},
              {"warning", standing.warning},
              {"supervised", standing.live.is_object()}};
  if (standing.live.is_object())
    for (const char* key : {"wanted", "since", "next", "reason", "pid", "progress"})
      out[key] = standing.live.value(key, Json(nullptr));
  if (standing.verifiable) out["verify"] = verification_json(instance, standing);
  if (standing.kept) out["deaths"] = to_json(standing.kept->deaths);
  if (!standing.run) return out;
  const RunRecord& run = *standing.run;
  out["run_id"] = run.run_id;
  out["started"] = time_or_null(run.started_ms);
  out["ended"] = time_or_null(run.ended_ms);
  out["duration_ms"] = run.ended_ms == 0 ? Json(nullptr) : Json(run.ended_ms - run.started_ms);
  out["last_success"] = time_or_null(run.last_success_ms);
  out["exit_status"] = run.exit_status;
  out["counts"] = run.counts;
  out["skipped"] = run.skipped;
  out["error"] = run.error_message.empty() ? Json(nullptr)
                                           : Json{{"status", run.error_status},
                                                  {"message", run.error_message},
                                                  {"field", run.error_field}};
  out["earlier"] = to_json(run.earlier);
  return out;
}

}  // namespace tq
