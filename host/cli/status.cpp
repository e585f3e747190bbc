// SPDX-License-Identifier: Apache-2.0
// status: how the last runs went, from the run records; no process of tqhost needs to be there.
#include <fmt/ostream.h>
#include <signal.h>

#include <cerrno>
#include <ostream>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "schema/interval.hpp"
#include "store/run_record.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

// A record says "running" for ever when power was cut; the process tells.
bool is_alive(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

// How an instance stands, for one line and for JSON.
struct Standing {
  std::string state;  // the record's, or "never ran", "disabled", "died"
  std::string note;   // what a person has to know
  std::optional<RunRecord> record;
  std::string warning;  // about its schedule
  bool well = true;
};

Standing standing_of(const HostConfig& config, const InstanceConfig& instance) {
  Standing out;
  auto record = read_run_record(run_record_file(config, instance.name));
  if (record) out.record = record.take();
  if (!instance.enabled) {
    out.state = "disabled";
    out.note = "disabled in the configuration";
    return out;
  }
  if (!out.record) {
    out.state = "never ran";
    return out;
  }
  out.state = out.record->state;
  if (out.state == "running" && !is_alive(out.record->pid)) {
    out.state = "died";
    out.note = "process " + std::to_string(out.record->pid) +
               " is gone and left no word; the next run goes on where it was";
  }
  if (out.state == "disabled") out.note = "switched off in ThreatQ";
  if (!out.record->error_message.empty()) out.note = out.record->error_message;
  out.well = out.state == "done" || out.state == "running" || out.state == "disabled" ||
             out.state == "cancelled";
  return out;
}

std::string schedule_warning(const Registry& registry, const InstanceConfig& instance) {
  const FoundPlugin* plugin = registry.find(instance.plugin);
  if (plugin == nullptr) return {};
  const auto schema = parse_json(plugin->schema, instance.plugin + "'s schema");
  return schema ? interval_warning(*schema, instance.schedule) : std::string();
}

std::string ago(int64_t then_ms, int64_t now_ms) {
  if (then_ms == 0) return "never";
  const int64_t s = (now_ms - then_ms) / 1000;
  if (s < 0) return format_time_utc(then_ms);
  if (s < 120) return std::to_string(s) + " s ago";
  if (s < 2 * 3600) return std::to_string(s / 60) + " min ago";
  if (s < 2 * 86400) return std::to_string(s / 3600) + " h ago";
  return std::to_string(s / 86400) + " days ago";
}

std::string counts_of(const std::map<std::string, uint64_t>& counts) {
  std::string out;
  for (const auto& [name, number] : counts)
    out += (out.empty() ? "" : ", ") + std::to_string(number) + " " + name;
  return out.empty() ? "nothing counted" : out;
}

void print_line(const InstanceConfig& instance, const Standing& standing, int64_t now_ms,
                std::ostream& out) {
  const int64_t success_ms = standing.record ? standing.record->last_success_ms : 0;
  fmt::print(out, "{:<20} {:<16} {:<16} last success {}\n", instance.name, instance.plugin,
             standing.state, ago(success_ms, now_ms));
  if (!standing.note.empty()) fmt::print(out, "  {}\n", standing.note);
  if (!standing.warning.empty()) fmt::print(out, "  {}\n", standing.warning);
}

void print_details(const HostConfig& config, const InstanceConfig& instance,
                   const Standing& standing, int64_t now_ms, std::ostream& out) {
  print_line(instance, standing, now_ms, out);
  if (!standing.record) return;
  const RunRecord& record = *standing.record;
  fmt::print(out, "  run {} of {} {}\n", record.run_id, record.plugin, record.version);
  fmt::print(out, "  started {}\n", format_time_utc(record.started_ms));
  if (record.ended_ms != 0)
    fmt::print(out, "  ended   {} (exit status {})\n", format_time_utc(record.ended_ms),
               record.exit_status);
  if (standing.state == "running" && !record.progress_text.empty())
    fmt::print(out, "  now     {} {}\n", record.progress_text, record.progress_done);
  fmt::print(out, "  counts  {}\n", counts_of(record.counts));
  if (!record.skipped.empty()) fmt::print(out, "  skipped {}\n", counts_of(record.skipped));
  fmt::print(out, "  log     {}\n", log_file(config, instance.name).string());
}

Json to_json(const InstanceConfig& instance, const Standing& standing) {
  const auto time_of = [](int64_t ms) {
    return ms == 0 ? Json(nullptr) : Json(format_time_utc(ms));
  };
  Json out = {{"instance", instance.name}, {"plugin", instance.plugin},
              {"state", standing.state},   {"well", standing.well},
              {"note", standing.note},     {"warning", standing.warning}};
  if (!standing.record) return out;
  const RunRecord& record = *standing.record;
  out["run_id"] = record.run_id;
  out["started"] = time_of(record.started_ms);
  out["ended"] = time_of(record.ended_ms);
  out["last_success"] = time_of(record.last_success_ms);
  out["exit_status"] = record.exit_status;
  out["counts"] = record.counts;
  out["skipped"] = record.skipped;
  out["error"] = record.error_message.empty() ? Json(nullptr)
                                              : Json{{"status", record.error_status},
                                                     {"message", record.error_message},
                                                     {"field", record.error_field}};
  return out;
}

}  // namespace

Exit status_command(const CommandContext& context, const std::string& name, bool json) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  std::vector<InstanceConfig> instances = config->instances;
  if (!name.empty()) {
    auto known = find_instance(*config, name);
    if (!known) return fail(context, known.error());
    instances = {known.take()};
  }
  // Records are shown also when the plugins are not there.
  const auto registry = load_registry(*config);
  const int64_t now_ms = RealWorld().now_ms();
  Exit worst = Exit::kDone;
  Json list = Json::array();
  for (const InstanceConfig& instance : instances) {
    Standing standing = standing_of(*config, instance);
    if (registry) standing.warning = schedule_warning(*registry, instance);
    if (!standing.well) worst = Exit::kFailed;
    if (json) {
      list.push_back(to_json(instance, standing));
    } else if (name.empty()) {
      print_line(instance, standing, now_ms, context.out);
    } else {
      print_details(*config, instance, standing, now_ms, context.out);
    }
  }
  if (json) context.out << pretty_json(Json{{"instances", std::move(list)}});
  if (!json && instances.empty()) context.out << "no instance is configured\n";
  return worst;
}

}  // namespace tq
