// SPDX-License-Identifier: Apache-2.0
#include "cli/standing.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/record_json.hpp"
#include "core/text.hpp"
#include "schedule/control.hpp"
#include "schedule/plugin_schedule.hpp"
#include "schema/interval.hpp"
#include "worker/layout.hpp"
#include "worker/relearning.hpp"
#include "worker/work.hpp"

namespace tq {
namespace {

const std::string kReadAgain = "tqhost reload";

// What is shown of an instance whose plugin is not there is what its records say.
void look_at_plugin(const HostConfig& config, const InstanceConfig& instance,
                    const Registry* registry, Standing& standing) {
  std::error_code ignored;
  standing.verifiable =
      std::filesystem::exists(verify_record_file(instance_folder(config, instance.name)), ignored);
  const auto plugin = registry == nullptr ? Result<FoundPlugin>(Error{Status::kConfig, "not known"})
                                          : find_plugin(*registry, config, instance.plugin);
  if (!plugin && registry != nullptr)
    standing.add(plugin.error().message, "tqhost list shows every file and why it was refused");
  if (plugin && plugin->from_copy)
    standing.add("its plugin goes on from the copy that was kept: the file is gone or refused",
                 "tqhost list shows every file and why it was refused", false);
  if (plugin) standing.verifiable = lacking_facet(plugin->manifest, Purpose::kVerify).empty();
  const auto schedule = schedule_of(plugin ? plugin->schema : std::string(), instance.schedule);
  if (schedule) {
    standing.schedule = schedule->text();
    standing.plugins_own_schedule = !standing.schedule.empty() && trim(instance.schedule).empty();
  }
  standing.listener = plugin && lacking_facet(plugin->manifest, Purpose::kRun, true).empty();
  const bool told = text_at(standing.live, "state") == "needs_attention";
  if (!schedule && !told && !standing.listener)
    standing.add(schedule.error().message,
                 "mend the schedule in " + instance.file + ", then: tqhost check " + instance.name);
}

// The supervisor's word on it, where there is one.
void judge_live(const InstanceConfig& instance, const Supervision& supervision,
                Standing& standing) {
  using Answer = Supervision::Answer;
  if (supervision.answer == Answer::kSilent)
    standing.add(supervision.problem, "what is shown is what the records say");
  if (supervision.answer == Answer::kForbidden) standing.add(supervision.problem, {}, false);
  if (supervision.answer == Answer::kAnswers && !standing.live.is_object())
    standing.add("the supervisor that runs does not know it, so it does not run",
                 "have it read the configuration again: " + kReadAgain);
  if (supervision.answer == Answer::kNobody && standing.listener)
    standing.add("it listens only under a supervisor, and none runs",
                 "tqhost run-forever, or its service");
  if (!standing.live.is_object()) return;
  const std::string state = text_at(standing.live, "state");
  const std::string reason = text_at(standing.live, "reason");
  const std::string logs = "tqhost logs " + instance.name + " shows what led to it; ";
  if (state == "needs_attention" && flag_at(standing.live, "unscheduled")) {
    standing.add(reason, "mend the schedule in " + instance.file + ", then: " + kReadAgain);
  } else if (state == "needs_attention") {
    standing.add(reason, logs + "when it is mended: tqhost start " + instance.name);
  }
  if (state == "backing_off") standing.add(reason, logs + "it is tried again by itself");
  if (state == "failed") standing.add(reason, logs + "then: tqhost start " + instance.name);
  // Nobody has said that it is not to run.
  if (state == "disabled") standing.add(reason, {}, text_at(standing.live, "wanted") == "runs");
  if (state == "waiting" && text_at(standing.live, "next").empty() && !reason.empty())
    standing.add(reason, {}, false);
}

}  // namespace

bool is_alive(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

std::string duration_for_people(int64_t ms) {
  const int64_t minutes = ms / 60'000;
  if (minutes < 2 * 60) return std::to_string(minutes) + " min";
  return minutes < 48 * 60 ? std::to_string(minutes / 60) + " h"
                           : std::to_string(minutes / (24 * 60)) + " days";
}

void Standing::add(std::string what, std::string todo, bool bad) {
  if (bad) well = false;
  const auto at = bad ? std::find_if(findings.begin(), findings.end(),
                                     [](const Finding& one) { return !one.bad; })
                      : findings.end();
  findings.insert(at, {std::move(what), std::move(todo), bad});
}

Supervision ask_for_standings(const HostConfig& config) {
  Supervision out;
  const auto answer = ask_supervisor(config.state_dir, {{"command", "status"}});
  if (!answer) {
    using Answer = Supervision::Answer;
    out.answer = answer.error().status == Status::kEnd         ? Answer::kNobody
                 : answer.error().status == Status::kTransient ? Answer::kSilent
                                                               : Answer::kForbidden;
    // A state folder that is not there yet has no supervisor.
    std::error_code error;
    if (!std::filesystem::exists(config.state_dir, error) && !error) out.answer = Answer::kNobody;
    out.problem = answer.error().message;
    return out;
  }
  out.answer = Supervision::Answer::kAnswers;
  const Json* const list = json_at(*answer, "/instances");
  if (list != nullptr && list->is_array())
    for (const Json& one : *list) out.instances[text_at(one, "instance")] = one;
  return out;
}

Standing standing_of(const HostConfig& config, const InstanceConfig& instance,
                     const Registry* registry, const Supervision& supervision, int64_t now_ms) {
  Standing out;
  const auto folder = instance_folder(config, instance.name);
  if (auto kept = read_instance_record(instance_record_file(folder))) out.kept = kept.take();
  const auto live = supervision.instances.find(instance.name);
  if (live != supervision.instances.end()) out.live = live->second;
  if (!instance.enabled) {
    if (auto run = read_run_record(run_record_file(folder))) out.run = run.take();
    out.state = "disabled";
    out.add("disabled in the configuration", {}, false);
    return out;
  }
  look_at_plugin(config, instance, registry, out);
  judge_live(instance, supervision, out);
  judge_run(config, instance, out);
  judge_state_file(config, instance, out);
  judge_age(instance, out, now_ms);
  judge_verification(config, instance, out, now_ms);
  judge_certificates(config, instance, out);
  if (const std::string why = relearn_reason(out.relearn); !why.empty()) out.add(why, {}, false);
  const FoundPlugin* const plugin = registry == nullptr ? nullptr : registry->find(instance.plugin);
  const auto schema = plugin == nullptr ? Result<Json>(Error{Status::kConfig, {}})
                                        : parse_json(plugin->schema, "a schema");
  if (schema) out.warning = interval_warning(*schema, instance.schedule);
  if (!out.warning.empty()) out.add(out.warning, {}, false);
  return out;
}

}  // namespace tq
