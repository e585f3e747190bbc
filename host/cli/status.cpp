// SPDX-License-Identifier: Apache-2.0
// status: how the instances stand: from the supervisor when one runs, else from the records, so
// that no process of tqhost needs to be there.
#include <fmt/ostream.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <utility>

#include "cli/command.hpp"
#include "cli/standing.hpp"
#include "cli/terminal/table.hpp"
#include "core/record_json.hpp"
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

// "in 5 min"; by the wall clock, which may have been set since it was said.
std::string ahead(int64_t then_ms, int64_t now_ms) {
  const int64_t s = (then_ms - now_ms) / 1000;
  if (s <= 0) return "now";
  if (s < 120) return "in " + std::to_string(s) + " s";
  if (s < 2 * 3600) return "in " + std::to_string(s / 60) + " min";
  if (s < 2 * 86400) return "in " + std::to_string(s / 3600) + " h";
  return "in " + std::to_string(s / 86400) + " days";
}

// "3 days ago: same"; nothing of a plugin that cannot.
std::string verified(const Standing& standing, int64_t now_ms) {
  if (!standing.verifiable) return {};
  if (!standing.verify || standing.verify->compared_ms == 0) return "never";
  const VerifyRecord& record = *standing.verify;
  const char* const result = !record.counts.drift()    ? "same"
                             : record.repaired_ms != 0 ? "drift, repaired since"
                                                       : "drift";
  return ago(record.compared_ms, now_ms) + ": " + result;
}

std::string last_success(const Standing& standing, int64_t now_ms) {
  return ago(standing.run ? standing.run->last_success_ms : 0, now_ms);
}

std::string next_run(const Standing& standing, int64_t now_ms) {
  if (!standing.live.is_object()) return "-";
  if (text_at(standing.live, "wanted") == "paused") {
    const int64_t until_ms = time_at(standing.live, "paused_until");
    return until_ms == 0 ? "paused" : "paused, ends " + ahead(until_ms, now_ms);
  }
  if (const int64_t next_ms = time_at(standing.live, "next"); next_ms != 0)
    return ahead(next_ms, now_ms);
  return standing.state == "running" || standing.state == "starting" ? "at work" : "-";
}

Colour colour_of(const Standing& standing) {
  if (standing.well) return standing.state == "disabled" ? Colour::kNone : Colour::kGreen;
  return standing.state == "backing_off" ? Colour::kYellow : Colour::kRed;
}

void add_findings(const Standing& standing, const std::function<void(std::string)>& line) {
  for (const Finding& one : standing.findings) {
    line(cell(one.what));
    if (!one.todo.empty()) line("to do: " + cell(one.todo));
  }
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

void print_supervised(const Standing& standing, std::ostream& out) {
  if (!standing.schedule.empty())
    fmt::print(out, "  schedule {}{}{}\n", cell(standing.schedule),
               standing.plugins_own_schedule ? " (the plugin's own)" : "",
               standing.live.is_object() ? "" : "; no supervisor keeps it");
  if (standing.live.is_object()) {
    const std::string until = text_at(standing.live, "paused_until");
    fmt::print(out, "  wanted  {}{}\n", text_at(standing.live, "wanted"),
               until.empty() ? "" : " until " + until);
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
  const std::string found = verified(standing, now_ms);
  fmt::print(out, "{} {} {} last success {}{}\n", cell(instance.name), cell(instance.plugin),
             cell(standing.state), last_success(standing, now_ms),
             found.empty() ? "" : ", verified " + found);
  add_findings(standing, [&](const std::string& text) { fmt::print(out, "  {}\n", text); });
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

void print_all(const CommandContext& context, const std::vector<InstanceConfig>& instances,
               const std::vector<Standing>& standings, const Supervision& supervision,
               int64_t now_ms) {
  if (instances.empty()) {
    context.out << "no instance is configured\n";
    return;
  }
  Table table({"INSTANCE", "STATE", "LAST SUCCESS", "NEXT RUN", "PLUGIN", "VERIFIED"}, 2);
  for (size_t i = 0; i < instances.size(); ++i) {
    const Standing& one = standings[i];
    const Colour colour = colour_of(one);
    table.row({{cell(instances[i].name)},
               {cell(one.state), colour},
               {last_success(one, now_ms)},
               {next_run(one, now_ms)},
               {cell(instances[i].plugin)},
               {verified(one, now_ms)}});
    add_findings(one, [&](std::string text) {
      table.line(std::move(text), one.well ? Colour::kNone : colour);
    });
  }
  table.print(context.out, standard_screen(context.sources.environment));
  if (supervision.answer == Supervision::Answer::kNobody)
    context.out << "no supervisor runs: schedules are kept by cron, or by nobody; tqhost "
                   "run-forever keeps them\n";
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
  const auto registry = load_registry(context, *config, AskLoader::kUnlessItRan);
  const Supervision supervision = ask_for_standings(*config);
  const int64_t now_ms = RealWorld().now_ms();
  std::vector<Standing> standings;
  for (const InstanceConfig& instance : instances)
    standings.push_back(
        standing_of(*config, instance, registry ? &*registry : nullptr, supervision, now_ms));
  if (json) {
    Json list = Json::array();
    for (size_t i = 0; i < instances.size(); ++i) {
      Json one = to_json(instances[i], standings[i]);
      one["walls"] = walls_json(*config, watched_of(standings[i]));
      list.push_back(std::move(one));
    }
    context.out << pretty_json(Json{{"instances", std::move(list)}});
  } else if (name.empty()) {
    print_all(context, instances, standings, supervision, now_ms);
  } else {
    print_details(*config, instances.front(), standings.front(), now_ms, context.out);
  }
  const bool well =
      std::all_of(standings.begin(), standings.end(), [](const Standing& one) { return one.well; });
  return well ? Exit::kDone : Exit::kFailed;
}

}  // namespace tq
