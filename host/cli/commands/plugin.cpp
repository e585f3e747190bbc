// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/plugin.hpp"

#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "core/record_json.hpp"
#include "core/text.hpp"
#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"
#include "schedule/control.hpp"
#include "worker/offer.hpp"

namespace tq {
namespace {

constexpr size_t kShortDigest = 12;
constexpr size_t kLeastDigest = 6;
constexpr const char* kNewest = "newest";

// One file of the plugin, whether it is in the folder, was, or both.
struct Row {
  KnownFile file;
  bool in_folder = false, copy = false, used = false, pinned = false;

  std::string state() const {
    std::vector<std::string> words;
    if (used) words.emplace_back("used");
    if (pinned) words.emplace_back("pinned");
    if (in_folder && !used) words.emplace_back("in the folder");
    if (!in_folder) words.emplace_back(copy ? "copy kept" : "gone");
    if (!file.failure.empty()) words.emplace_back("could not start");
    return join(words, ", ");
  }
};

struct History {
  PluginRecord record;
  std::vector<Row> rows;                        // newest first
  std::vector<const FoundPlugin*> in_folder{};  // of the registry
};

Row& row_of(std::vector<Row>& rows, const FoundPlugin& plugin) {
  for (Row& row : rows)
    if (row.file.digest == plugin.digest) return row;
  Row row;
  row.file = {plugin.digest, plugin.manifest.version, plugin.file, 0, 0, {}};
  return *rows.insert(rows.begin(), std::move(row));
}

Result<History> history_of(const HostConfig& config, const Registry& registry,
                           const std::string& id) {
  // Names what there is when it is none.
  const auto ids = recorded_plugins(config.state_dir);
  if (std::find(ids.begin(), ids.end(), id) == ids.end())
    if (auto known = find_plugin(registry, config, id); !known) return std::move(known.error());
  History out;
  TQ_ASSIGN(out.record, read_plugin_record(config.state_dir, id));
  const auto copies = kept_copies(config.state_dir);
  for (auto file = out.record.files.rbegin(); file != out.record.files.rend(); ++file) {
    Row row;
    row.file = *file;
    out.rows.push_back(std::move(row));
  }
  for (const auto* list : {&registry.unused, &registry.plugins})
    for (const FoundPlugin& plugin : *list) {
      if (plugin.manifest.id != id) continue;
      Row& row = row_of(out.rows, plugin);
      row.used = list == &registry.plugins;
      if (plugin.from_copy) continue;
      row.in_folder = true;
      row.file.file = plugin.file;
      out.in_folder.push_back(&plugin);
    }
  for (Row& row : out.rows) {
    row.copy = std::find(copies.begin(), copies.end(), row.file.digest) != copies.end();
    row.pinned = row.file.digest == out.record.pinned;
  }
  return out;
}

Json to_json(const Row& row) {
  return {{"sha256", row.file.digest},
          {"version", row.file.version},
          {"file", row.file.file.string()},
          {"taken", time_or_null(row.file.taken_ms)},
          {"ran", time_or_null(row.file.ran_ms)},
          {"used", row.used},
          {"pinned", row.pinned},
          {"in_folder", row.in_folder},
          {"copy", row.copy},
          {"failure", row.file.failure.empty() ? Json(nullptr) : Json(row.file.failure)}};
}

void print(const std::string& id, const History& history, std::ostream& out) {
  if (history.rows.empty()) fmt::print(out, "no file of {} is known\n", id);
  for (const Row& row : history.rows) {
    fmt::print(out, "{}  {:<10} {:<22} {}\n", row.file.digest.substr(0, kShortDigest),
               printable(row.file.version), row.state(), printable(row.file.file.string()));
    fmt::print(out, "              taken {}, first ran {}\n",
               row.file.taken_ms == 0 ? "never" : format_time_utc(row.file.taken_ms),
               row.file.ran_ms == 0 ? "never" : format_time_utc(row.file.ran_ms));
    if (!row.file.failure.empty())
      fmt::print(out, "              could not start: {}\n", printable(row.file.failure, 1024));
  }
}

// The one row that the beginning of a digest means.
Result<Row> find_row(const History& history, const PluginOptions& options) {
  const std::string wanted = to_lower(options.digest);
  if (wanted.size() < kLeastDigest)
    return Error{Status::kConfig, "\"" + printable(options.digest) + "\" is too short: give \"" +
                                      kNewest + "\", or at least " + std::to_string(kLeastDigest) +
                                      " digits of a digest as tqhost plugin history " +
                                      options.plugin + " shows it"};
  std::vector<const Row*> found;
  for (const Row& row : history.rows)
    if (row.file.digest.rfind(wanted, 0) == 0) found.push_back(&row);
  if (found.size() == 1) return *found.front();
  return Error{Status::kConfig, options.plugin + " has " +
                                    (found.empty() ? "no file" : "several files") +
                                    " whose digest begins with \"" + printable(options.digest) +
                                    "\"; tqhost plugin history " + options.plugin + " shows them"};
}

// A copy of it that can be loaded by this host.
Result<void> have_copy(const HostConfig& config, const History& history, const Row& row) {
  TQ_TRY(make_own_folder(config.state_dir));
  for (const FoundPlugin* plugin : history.in_folder)
    if (plugin->digest == row.file.digest) {
      TQ_ASSIGN(const auto copy, take_copy(*plugin, config.state_dir));
      static_cast<void>(copy);
      return {};
    }
  if (!row.copy)
    return Error{Status::kConfig, "the file " + row.file.digest.substr(0, kShortDigest) + " of " +
                                      history.record.id +
                                      " is gone, and so is its copy; drop it into " +
                                      config.plugins_dir.string() + " again"};
  TQ_ASSIGN(const FoundPlugin found, inspect_copy(config.state_dir, row.file.digest, host_offer()));
  if (found.manifest.id == history.record.id) return {};
  return Error{Status::kConfig, found.file.string() + " is a file of " + found.manifest.id};
}

Result<std::string> use(const CommandContext& context, const HostConfig& config,
                        const PluginOptions& options) {
  TQ_ASSIGN(const Registry registry, load_registry(context, config));
  TQ_ASSIGN(const History history, history_of(config, registry, options.plugin));
  if (options.digest == kNewest) {
    TQ_TRY(change_plugin_record(config.state_dir, options.plugin, Wait::kYes,
                                [](PluginRecord& record) {
                                  record.forget_choice();
                                  return true;
                                }));
    return options.plugin + " is not pinned: of the files in " + config.plugins_dir.string() +
           " the highest version is used";
  }
  TQ_ASSIGN(const Row row, find_row(history, options));
  TQ_TRY(have_copy(config, history, row));
  TQ_TRY(
      change_plugin_record(config.state_dir, options.plugin, Wait::kYes, [&](PluginRecord& record) {
        record.pinned = row.file.digest;
        if (record.find(row.file.digest) == nullptr)
          record.files.insert(record.files.begin(), row.file);
        return true;
      }));
  return options.plugin + " is pinned to " + row.file.version + " (" +
         row.file.digest.substr(0, kShortDigest) + "); tqhost plugin use " + options.plugin +
         " newest takes that back";
}

// Otherwise it would see it half a minute later.
void tell_supervisor(const CommandContext& context, const HostConfig& config) {
  const auto answer = ask_supervisor(config.state_dir, {{"command", "plugins"}});
  if (answer && text_at(*answer, "error").empty()) {
    context.out << "the supervisor knows it; each instance takes it with its next run\n";
  } else if (!answer && answer.error().status == Status::kEnd) {
    context.out << "no supervisor runs; the next run takes it\n";
  } else {
    context.err << "tqhost: warning: the supervisor could not be told and sees it within half a "
                   "minute: "
                << (answer ? text_at(*answer, "error") : answer.error().message) << '\n';
  }
}

}  // namespace

Exit plugin_history_command(const CommandContext& context, const PluginOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto registry = load_registry(context, *config);
  if (!registry) return fail(context, registry.error());
  const auto history = history_of(*config, *registry, options.plugin);
  if (!history) return fail(context, history.error());
  if (!options.json) {
    print(options.plugin, *history, context.out);
    return Exit::kDone;
  }
  Json files = Json::array();
  for (const Row& row : history->rows) files.push_back(to_json(row));
  context.out << pretty_json(Json{
      {"plugin", options.plugin},
      {"pinned", history->record.pinned.empty() ? Json(nullptr) : Json(history->record.pinned)},
      {"went_back", history->record.chosen.went_back},
      {"files", std::move(files)}});
  return Exit::kDone;
}

Exit plugin_use_command(const CommandContext& context, const PluginOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto used = use(context, *config, options);
  if (!used) return fail(context, used.error());
  context.out << *used << '\n';
  tell_supervisor(context, *config);
  return Exit::kDone;
}

}  // namespace tq
