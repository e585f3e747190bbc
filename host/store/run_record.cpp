// SPDX-License-Identifier: Apache-2.0
#include "store/run_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/file.hpp"
#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr size_t kRecordBytesMost = 1 << 20;

std::map<std::string, uint64_t> numbers_of(const Json& json, const char* key) {
  std::map<std::string, uint64_t> out;
  const auto member = json.find(key);
  if (member != json.end() && member->is_object())
    for (const auto& [name, value] : member->items())
      if (value.is_number_unsigned()) out[name] = value.get<uint64_t>();
  return out;
}

uint64_t count_in(const RunRecord& record, const char* name) {
  const auto found = record.counts.find(name);
  return found == record.counts.end() ? 0 : found->second;
}

Json one_to_json(const EarlierRun& run) {
  return {{"run_id", run.run_id},
          {"state", run.state},
          {"started", time_or_null(run.started_ms)},
          {"ended", time_or_null(run.ended_ms)},
          {"sent", run.sent},
          {"rejected", run.rejected}};
}

EarlierRun earlier_from(const Json& json) {
  return {text_at(json, "run_id"),           text_at(json, "state"),
          time_at(json, "started"),          time_at(json, "ended"),
          number_at<uint64_t>(json, "sent"), number_at<uint64_t>(json, "rejected")};
}

// The mark is a bit of the mode of the lease's file, which is there before any run works and means
// nothing to a file: changing it needs no room, and no other program does.
constexpr mode_t kUnrecorded = S_ISVTX;

std::filesystem::path marked_file(const std::filesystem::path& record) {
  return record.parent_path() / "state.db.lock";
}

void mark_unrecorded(const std::filesystem::path& record, bool unrecorded) {
  const UniqueFd fd(
      ::open(marked_file(record).c_str(),
             O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | (unrecorded ? O_CREAT : 0), 0600));
  struct stat about {};
  if (!fd || ::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode)) return;
  // Once more also when it is marked already: the time of the change is the time of the run.
  if (!unrecorded && (about.st_mode & kUnrecorded) == 0) return;
  const mode_t mode = about.st_mode & 0777;
  ::fchmod(fd.get(), unrecorded ? mode | kUnrecorded : mode);
}

}  // namespace

int64_t unrecorded_ms(const std::filesystem::path& file) {
  struct stat about {};
  if (::lstat(marked_file(file).c_str(), &about) != 0 || !S_ISREG(about.st_mode) ||
      (about.st_mode & kUnrecorded) == 0)
    return 0;
  return int64_t{about.st_ctim.tv_sec} * 1000 + about.st_ctim.tv_nsec / 1'000'000;
}

Json to_json(const std::vector<EarlierRun>& runs) {
  Json out = Json::array();
  for (const EarlierRun& run : runs) out.push_back(one_to_json(run));
  return out;
}

void RunRecord::follow(const RunRecord& before) {
  last_success_ms = before.last_success_ms;
  earlier = before.earlier;
  earlier.push_back({before.run_id, before.state, before.started_ms, before.ended_ms,
                     count_in(before, "sent"), count_in(before, "rejected")});
  if (earlier.size() > kEarlierKept) earlier.erase(earlier.begin());
}

Result<void> write_run_record(const std::filesystem::path& file, const RunRecord& record) {
  const Json json = {
      {"instance", record.instance},
      {"plugin", record.plugin},
      {"version", record.version},
      {"run_id", record.run_id},
      {"state", record.state},
      {"log", record.log},
      {"started", time_or_null(record.started_ms)},
      {"ended", time_or_null(record.ended_ms)},
      {"last_success", time_or_null(record.last_success_ms)},
      {"pid", record.pid},
      {"exit_status", record.exit_status},
      {"dry", record.dry},
      {"full", record.full},
      {"counts", record.counts},
      {"skipped", record.skipped},
      {"notes", record.notes},
      {"progress",
       {{"done", record.progress_done},
        {"total", record.progress_total},
        {"text", record.progress_text}}},
      {"error", record.error_message.empty() ? Json(nullptr)
                                             : Json{{"status", record.error_status},
                                                    {"message", record.error_message},
                                                    {"field", record.error_field}}},
      {"earlier", to_json(record.earlier)}};
  auto written = write_file_atomically(file, pretty_json(json), 0640);
  mark_unrecorded(file, !written);
  return written;
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
  record.log = text_at(json, "log");
  record.started_ms = time_at(json, "started");
  record.ended_ms = time_at(json, "ended");
  record.last_success_ms = time_at(json, "last_success");
  record.pid = number_at<int>(json, "pid");
  record.exit_status = number_at<int>(json, "exit_status");
  record.dry = flag_at(json, "dry");
  record.full = flag_at(json, "full");
  record.counts = numbers_of(json, "counts");
  record.skipped = numbers_of(json, "skipped");
  if (const Json* notes = json_at(json, "/notes"); notes != nullptr && notes->is_array())
    for (const Json& note : *notes)
      if (note.is_string()) record.notes.push_back(note.get<std::string>());
  if (const Json* progress = json_at(json, "/progress");
      progress != nullptr && progress->is_object()) {
    record.progress_done = number_at<uint64_t>(*progress, "done");
    record.progress_total = number_at<uint64_t>(*progress, "total");
    record.progress_text = text_at(*progress, "text");
  }
  if (const Json* error = json_at(json, "/error"); error != nullptr && error->is_object()) {
    record.error_status = text_at(*error, "status");
    record.error_message = text_at(*error, "message");
    record.error_field = text_at(*error, "field");
  }
  if (const Json* earlier = json_at(json, "/earlier"); earlier != nullptr && earlier->is_array())
    for (const Json& run : *earlier)
      if (run.is_object()) record.earlier.push_back(earlier_from(run));
  return record;
}

}  // namespace tq
