// SPDX-License-Identifier: Apache-2.0
#include "worker/assignment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/record_json.hpp"
#include "core/secret.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr std::array<std::string_view, 5> kStages = {"", "loading", "loaded", "creating",
                                                     "created"};  // in the enumeration's order
constexpr size_t kAssignmentBytesMost = 16 << 20;  // a manifest and a schema of 1 MiB, escaped, fit
constexpr size_t kNoteBytesMost = 8 * 1024;        // a parent drops lines that are much longer

Json path_or_null(const std::optional<std::filesystem::path>& path) {
  return path ? Json(path->string()) : Json(nullptr);
}

std::optional<std::filesystem::path> path_of(const Json& json, const char* key) {
  const std::string text = text_at(json, key);
  if (text.empty()) return std::nullopt;
  return text;
}

// Who is to make what smaller.
Error too_large(const Assignment& assignment, size_t bytes) {
  size_t environment = 0;
  for (const auto& [name, value] : assignment.sources.environment)
    environment += name.size() + value.size();
  return {Status::kConfig,
          "what the worker of " + assignment.instance + " is told would take " +
              std::to_string(bytes) + " bytes, of which at most " +
              std::to_string(kAssignmentBytesMost) + " are allowed: the plugin's schema has " +
              std::to_string(assignment.schema.size()) + ", its manifest " +
              std::to_string(assignment.plugin_manifest.size()) + ", the environment " +
              std::to_string(environment) + ". Make the largest of them smaller"};
}

}  // namespace

Json Assignment::to_json() const {
  Json json;
  json["purpose"] = static_cast<int>(purpose);
  json["instance"] = instance;
  json["flags"] = flags;
  if (historical_ms) json["historical_ms"] = *historical_ms;
  json["strict"] = strict;
  json["listen"] = listen;
  json["standby"] = standby;
  json["by_schedule"] = by_schedule;
  json["config"] = path_or_null(sources.file);
  json["plugins_dir"] = path_or_null(sources.plugins_dir);
  json["state_dir"] = path_or_null(sources.state_dir);
  json["environment"] = Json::object();
  for (const auto& [name, value] : sources.environment) json["environment"][name] = value;
  json["plugin_copy"] = plugin_copy.string();
  json["plugin_digest"] = plugin_digest;
  json["plugin_manifest"] = plugin_manifest;
  json["schema"] = schema;
  json["log_level"] = static_cast<int>(log_level);
  json["log_json"] = log_json;
  json["log_to"] = static_cast<int>(log_to);
  json["log_dir"] = path_or_null(sources.log_dir);
  json["log_file"] = path_or_null(sources.log_file);
  json["external_proxy"] = external_proxy;
  json["debugger"] = debugger;
  json["explain_value"] = explain_value;
  json["explain_type"] = explain_type;
  json["crash_at"] = crash_at;
  return json;
}

Result<Assignment> Assignment::from_json(const Json& json) {
  if (!json.is_object()) return Error{Status::kBug, "a worker's assignment is not a JSON object"};
  Assignment out;
  out.purpose = static_cast<Purpose>(number_at<int>(json, "purpose"));
  out.instance = text_at(json, "instance");
  out.flags = number_at<uint32_t>(json, "flags");
  if (json.contains("historical_ms")) out.historical_ms = number_at<int64_t>(json, "historical_ms");
  out.strict = flag_at(json, "strict");
  out.listen = flag_at(json, "listen");
  out.standby = flag_at(json, "standby");
  out.by_schedule = flag_at(json, "by_schedule");
  out.sources.file = path_of(json, "config");
  out.sources.plugins_dir = path_of(json, "plugins_dir");
  out.sources.state_dir = path_of(json, "state_dir");
  if (const auto environment = json.find("environment");
      environment != json.end() && environment->is_object())
    for (const auto& [name, value] : environment->items())
      if (value.is_string()) out.sources.environment[name] = value.get<std::string>();
  out.plugin_copy = text_at(json, "plugin_copy");
  out.plugin_digest = text_at(json, "plugin_digest");
  out.plugin_manifest = text_at(json, "plugin_manifest");
  out.schema = text_at(json, "schema");
  out.log_level = static_cast<Level>(number_at<int32_t>(json, "log_level"));
  out.log_json = flag_at(json, "log_json");
  out.log_to = static_cast<LogTo>(number_at<int>(json, "log_to"));
  out.sources.log_dir = path_of(json, "log_dir");
  out.sources.log_file = path_of(json, "log_file");
  out.external_proxy = flag_at(json, "external_proxy");
  out.debugger = flag_at(json, "debugger");
  out.explain_value = text_at(json, "explain_value");
  out.explain_type = text_at(json, "explain_type");
  out.crash_at = number_at<uint64_t>(json, "crash_at");
  if (out.instance.empty() || out.plugin_copy.empty())
    return Error{Status::kBug, "a worker's assignment names no instance or no plugin"};
  return out;
}

Result<UniqueFd> write_assignment(const Assignment& assignment) {
  const std::string text = dump_json(assignment.to_json());
  if (text.size() > kAssignmentBytesMost) return too_large(assignment, text.size());
  UniqueFd fd(::memfd_create("assignment", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return errno_error(Status::kTransient, "cannot create", "a worker's assignment", errno);
  TQ_TRY(write_all(fd.get(), text, "a worker's assignment"));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) !=
          0 ||
      ::lseek(fd.get(), 0, SEEK_SET) != 0)
    return errno_error(Status::kTransient, "cannot seal", "a worker's assignment", errno);
  return fd;
}

Result<Assignment> read_assignment(int fd) {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(Status::kBug, "cannot read", "the worker's assignment", errno);
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kAssignmentBytesMost)
      return Error{Status::kBug, "the worker's assignment is too large"};
  }
  TQ_ASSIGN(Json json, parse_json(text, "the worker's assignment"));
  wipe(text);
  return Assignment::from_json(json);
}

std::string_view stage_name(PluginStage stage) { return kStages[static_cast<size_t>(stage)]; }

PluginStage stage_from(std::string_view name) {
  const auto found = std::find(kStages.begin(), kStages.end(), name);
  return found == kStages.end() ? PluginStage::kNone
                                : static_cast<PluginStage>(found - kStages.begin());
}

void Reporter::line(const Json& json) {
  // Nobody reads it any more when that fails.
  const std::lock_guard lock(mutex_);
  (void)write_all(fd_, dump_json(json) + "\n", "the report pipe");
}

void Reporter::progress(uint64_t done, uint64_t total, std::string_view text) {
  line({{"progress", {{"done", done}, {"total", total}, {"text", text}}}});
}

void Reporter::effect(std::string_view what) { line({{"effect", what}}); }

void Reporter::warning(std::string_view text) {
  line({{"warning", utf8_cut(text, kNoteBytesMost)}});
}

void Reporter::answer(std::string_view line_of_it) {
  line({{"answer", utf8_cut(line_of_it, kNoteBytesMost)}});
}

void Reporter::plugin_runs(bool now) { line({{"plugin_runs", now}}); }

void Reporter::exit_called(std::string_view function) { line({{"exit_called", function}}); }

void Reporter::contract_broken(std::string_view text) {
  line({{"contract_broken", utf8_cut(text, kNoteBytesMost)}});
}

void Reporter::ready() { line({{"ready", true}}); }

void Reporter::plugin(PluginStage stage) { line({{"plugin", stage_name(stage)}}); }

void Reporter::standby() { line({{"standby", true}}); }

void Reporter::end(int exit_status, std::string_view state, std::string_view note, Status status,
                   uint64_t retry_after_ms) {
  line({{"end",
         {{"exit_status", exit_status},
          {"state", state},
          {"note", utf8_cut(note, kNoteBytesMost)},
          {"status", status == Status::kOk ? std::string_view() : status_name(status)},
          {"retry_after_ms", retry_after_ms}}}});
}

}  // namespace tq
