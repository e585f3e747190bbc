// SPDX-License-Identifier: Apache-2.0
#include "store/run_record.hpp"

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/world.hpp"

namespace tq {
namespace {

constexpr size_t kRecordBytesMost = 1 << 20;

Json time_or_null(int64_t ms) { return ms == 0 ? Json(nullptr) : Json(format_time_utc(ms)); }

int64_t time_of(const Json& json, const char* key) {
  int64_t ms = 0;
  const std::string text = text_at(json, key);
  return !text.empty() && parse_time_utc(text, &ms) ? ms : 0;
}

template <typename T>
T number_of(const Json& json, const char* key) {
  const auto member = json.find(key);
  return member != json.end() && member->is_number_integer() ? member->get<T>() : T{};
}

bool flag_of(const Json& json, const char* key) {
  const auto member = json.find(key);
  return member != json.end() && member->is_boolean() && member->get<bool>();
}

std::map<std::string, uint64_t> numbers_of(const Json& json, const char* key) {
  std::map<std::string, uint64_t> out;
  const auto member = json.find(key);
  if (member != json.end() && member->is_object())
    for (const auto& [name, value] : member->items())
      if (value.is_number_unsigned()) out[name] = value.get<uint64_t>();
  return out;
}

}  // namespace

Result<void> write_run_record(const std::filesystem::path& file, const RunRecord& record) {
  const Json json = {
      {"instance", record.instance},
      {"plugin", record.plugin},
      {"version", record.version},
      {"run_id", record.run_id},
      {"state", record.state},
      {"started", time_or_null(record.started_ms)},
      {"ended", time_or_null(record.ended_ms)},
      {"last_success", time_or_null(record.last_success_ms)},
      {"pid", record.pid},
      {"exit_status", record.exit_status},
      {"dry", record.dry},
      {"full", record.full},
      {"counts", record.counts},
      {"skipped", record.skipped},
      {"progress",
       {{"done", record.progress_done},
        {"total", record.progress_total},
        {"text", record.progress_text}}},
      {"error", record.error_message.empty() ? Json(nullptr)
                                             : Json{{"status", record.error_status},
                                                    {"message", record.error_message},
                                                    {"field", record.error_field}}}};
  return write_file_atomically(file, pretty_json(json), 0640);
}

Result<RunRecord> read_run_record(const std::filesystem::path& file) {
  TQ_ASSIGN(const std::string text, read_file(file, kRecordBytesMost));
  TQ_ASSIGN(const Json json, parse_json(text, file.string()));
  if (!json.is_object() || text_at(json, "state").empty())
    return Error{Status::kConfig, file.string() + " is no run record"};
  RunRecord record;
  record.instance = text_at(json, "instance");
  record.plugin = text_at(json, "plugin");
  record.version = text_at(json, "version");
  record.run_id = text_at(json, "run_id");
  record.state = text_at(json, "state");
  record.started_ms = time_of(json, "started");
  record.ended_ms = time_of(json, "ended");
  record.last_success_ms = time_of(json, "last_success");
  record.pid = number_of<int>(json, "pid");
  record.exit_status = number_of<int>(json, "exit_status");
  record.dry = flag_of(json, "dry");
  record.full = flag_of(json, "full");
  record.counts = numbers_of(json, "counts");
  record.skipped = numbers_of(json, "skipped");
  if (const Json* progress = json_at(json, "/progress");
      progress != nullptr && progress->is_object()) {
    record.progress_done = number_of<uint64_t>(*progress, "done");
    record.progress_total = number_of<uint64_t>(*progress, "total");
    record.progress_text = text_at(*progress, "text");
  }
  if (const Json* error = json_at(json, "/error"); error != nullptr && error->is_object()) {
    record.error_status = text_at(*error, "status");
    record.error_message = text_at(*error, "message");
    record.error_field = text_at(*error, "field");
  }
  return record;
}

}  // namespace tq
