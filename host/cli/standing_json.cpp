// SPDX-License-Identifier: Apache-2.0
// How an instance stands, for programs.
#include "cli/standing.hpp"
#include "core/record_json.hpp"

namespace tq {
namespace {

Json relearn_name(Relearn why) {
  switch (why) {
    case Relearn::kNo:
      break;
    case Relearn::kUnrecorded:
      return "unrecorded";
    case Relearn::kImported:
      return "imported";
    case Relearn::kRestored:
      return "restored";
    case Relearn::kOlder:
      return "older";
  }
  return nullptr;
}

Json to_json(const std::vector<Finding>& findings) {
  Json out = Json::array();
  for (const Finding& one : findings)
    out.push_back({{"what", one.what}, {"todo", one.todo}, {"bad", one.bad}});
  return out;
}

void add_run(const RunRecord& run, Json& out) {
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
}

}  // namespace

Json to_json(const InstanceConfig& instance, const Standing& standing) {
  const Finding first = standing.findings.empty()
                            ? Finding{text_at(standing.live, "reason"), "", false}
                            : standing.findings.front();
  Json out = {{"instance", instance.name},
              {"plugin", instance.plugin},
              {"state", standing.state},
              {"well", standing.well},
              {"note", first.what},
              {"todo", first.todo},
              {"warning", standing.warning},
              {"findings", to_json(standing.findings)},
              {"schedule", standing.schedule.empty() ? Json(nullptr) : Json(standing.schedule)},
              {"plugins_own_schedule", standing.plugins_own_schedule},
              {"relearn", relearn_name(standing.relearn)},
              {"dead_letters", standing.dead_letters},
              {"unrecorded", time_or_null(standing.unrecorded_ms)},
              {"supervised", standing.live.is_object()}};
  if (standing.live.is_object())
    for (const char* key : {"wanted", "paused_until", "since", "next", "reason", "pid", "progress"})
      out[key] = standing.live.value(key, Json(nullptr));
  if (standing.verifiable) out["verify"] = verification_json(instance, standing);
  if (standing.kept) out["deaths"] = to_json(standing.kept->deaths);
  if (standing.run) add_run(*standing.run, out);
  return out;
}

}  // namespace tq
