// SPDX-License-Identifier: Apache-2.0
// status: how the instances stand: from the supervisor when one runs, else from the records, so
// that no process of tqhost needs to be there.
#include <fmt/ostream.h>
#include <ostream>

#include "cli/command.hpp"
#include "cli/standing.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"
#include "worker/walls.hpp"

namespace tq {
namespace {

constexpr size_t kCellBytesMost = 8192;

std::string ago(int64_t then_ms, int64_t now_ms) {
  if (then_ms == 0) return "never";
  const int64_t s = (now_ms - then_ms) / 1000;
  if (s < 0) return format_time_utc(then_ms);
  if (s < 120) return std::to_string(s) + " s ago";
  if (s < 2 * 3600) return std::to_string(s / 60) + " min ago";
  if (s < 2 * 86400) return std::to_string(s / 3600) + " h ago";
  return std::to_string(s / 86400) + " days ago";
}

// What a plugin, a server or a file says, in its place of a row.
std::string cell(const std::string& text) { return printable(text, kCellBytesMost); }

// ", verified 3 days ago: same"; nothing of a plugin that cannot.
std::string verified(const Standing& standing, int64_t now_ms) {
  if (!standing.verifiable) return {};
  if (!standing.verify || standing.verify->compared_ms == 0) return ", never verified";
  const VerifyRecord& record = *standing.verify;
  const char* const result = !record.counts.drift()    ? "same"
                             : record.repaired_ms != 0 ? "drift, repaired since"
                                                       : "drift";
  return ", verified " + ago(record.compared_ms, now_ms) + ": " + result;
}

void print_verification(const InstanceConfig& instance, const Standing& standing,
                        std::ostream& out) {
  if (!standing.verifiable) return;
  const Json json = verification_json(instance, standing);
  if (standing.verify && standing.verify->compared_ms != 0)
    fmt::print(out, "  verified {} by {}: {}\n", text_at(json, "at"),
               standing.verify->compared_by_schedule ? "run-forever" : "a person",
               verify_counts_note(standing.verify->counts));
  if (const Json* error = json_at(json, "/last/error"); error != nullptr && error->is_string())
    fmt::print(out, "  not verified {}: {}\n", text_at(json["last"], "started"),
               cell(error->get<std::string>()));
  if (const std::string next = text_at(json, "next"); !next.empty())
    fmt::print(out, "  next verified {}\n", next);
}

std::string counts_of(const std::map<std::string, uint64_t>& counts) {
  std::string out;
  for (const auto& [name, number] : counts)
    out += (out.empty() ? "" : ", ") + std::to_string(number) + " " + cell(name);
  return out.empty() ? "nothing counted" : out;
}

void print_line(const InstanceConfig& instance, const Standing& standing, int64_t now_ms,
                std::ostream& out) {
  const int64_t success_ms = standing.run ? standing.run->last_success_ms : 0;
  fmt::print(out, "{:<20} {:<16} {:<16} last success {}{}\n", cell(instance.name),
             cell(instance.plugin), cell(standing.state), ago(success_ms, now_ms),
             verified(standing, now_ms));
  if (!standing.note.empty()) fmt::print(out, "  {}\n", shown_lines(standing.note, "    "));
  if (!standing.verify_note.empty())
    fmt::print(out, "  {}\n", shown_lines(standing.verify_note, "    "));
  if (!standing.warning.empty()) fmt::print(out, "  {}\n", shown_lines(standing.warning, "    "));
}

void print_supervised(const Standing& standing, std::ostream& out) {
  if (standing.live.is_object()) {
    fmt::print(out, "  wanted  {}\n", text_at(standing.live, "wanted"));
    if (const std::string next = text_at(standing.live, "next"); !next.empty())
      fmt::print(out, "  next    {}\n", next);
  }
  if (!standing.kept) return;
  for (const Death& death : standing.kept->deaths)
    fmt::print(out, "  died    {} {}{}\n", format_time_utc(death.at_ms), cell(death.how),
               death.call.empty() ? std::string() : ", in the call " + cell(death.call));
}

Json watched_of(const Standing& standing) {
  return standing.live.is_object() ? standing.live.value("watched", Json(nullptr)) : Json(nullptr);
}

void print_details(const HostConfig& config, const InstanceConfig& instance,
                   const Standing& standing, int64_t now_ms, std::ostream& out) {
  print_line(instance, standing, now_ms, out);
  print_supervised(standing, out);
  print_verification(instance, standing, out);
  fmt::print(out, "  walls   {}\n", walls_text(config, watched_of(standing)));
  if (!standing.run) return;
  const RunRecord& record = *standing.run;
  fmt::print(out, "  run {} of {} {}\n", cell(record.run_id), cell(record.plugin),
             cell(record.version));
  fmt::print(out, "  started {}\n", format_time_utc(record.started_ms));
  if (record.ended_ms != 0)
    fmt::print(out, "  ended   {} (exit status {})\n", format_time_utc(record.ended_ms),
               record.exit_status);
  if (standing.state == "running" && !record.progress_text.empty())
    fmt::print(out, "  now     {} {}\n", cell(record.progress_text), record.progress_done);
  fmt::print(out, "  counts  {}\n", counts_of(record.counts));
  if (!record.skipped.empty()) fmt::print(out, "  skipped {}\n", counts_of(record.skipped));
  fmt::print(out, "  log     {}\n",
             record.log.empty() ? log_file(config, instance.name).string() : cell(record.log));
}

}  // namespace

Exit status_command(const CommandContext& context, const std::string& name, bool json) {
  const auto config = load_config(context);
  if (!config) return status_without_config(context, config, name, json);
  std::vector<InstanceConfig> instances = config->instances;
  if (!name.empty()) {
    auto known = find_instance(*config, name);
    if (!known) return fail(context, known.error());
    instances = {known.take()};
  }
  // Records are shown also when the plugins are not there.
  const auto registry = load_registry(context, *config);
  const auto live = live_standings(*config);
  const int64_t now_ms = RealWorld().now_ms();
  Exit worst = Exit::kDone;
  Json list = Json::array();
  for (const InstanceConfig& instance : instances) {
    const auto found = live.find(instance.name);
    const Standing standing = standing_of(*config, instance, registry ? &*registry : nullptr,
                                          found == live.end() ? Json() : found->second, now_ms);
    if (!standing.well) worst = Exit::kFailed;
    if (json) {
      Json one = to_json(instance, standing);
      one["walls"] = walls_json(*config, watched_of(standing));
      list.push_back(std::move(one));
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
