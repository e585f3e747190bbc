// SPDX-License-Identifier: Apache-2.0
#include "load/plugin_record.hpp"

#include <algorithm>
#include <system_error>

#include "core/file.hpp"
#include "core/record_json.hpp"
#include "load/plugin_copies.hpp"

namespace tq {
namespace {

constexpr size_t kRecordBytesMost = 1 << 20;
constexpr const char* kSuffix = ".json";

std::filesystem::path record_file(const std::filesystem::path& state_dir, const std::string& id) {
  return copies_folder(state_dir) / (id + kSuffix);
}

Json seen_to_json(const std::vector<SeenFile>& files) {
  Json out = Json::array();
  for (const SeenFile& file : files)
    out.push_back({{"sha256", file.digest}, {"changed_ns", file.changed_ns}});
  return out;
}

Json to_json(const PluginRecord& record) {
  Json files = Json::array();
  for (const KnownFile& file : record.files)
    files.push_back({{"sha256", file.digest},
                     {"version", file.version},
                     {"file", file.file.string()},
                     {"taken", time_or_null(file.taken_ms)},
                     {"ran", time_or_null(file.ran_ms)},
                     {"failure", file.failure}});
  return {{"plugin", record.id},
          {"pinned", record.pinned},
          {"chosen",
           {{"sha256", record.chosen.digest},
            {"version", record.chosen.version},
            {"file", record.chosen.file.string()},
            {"went_back", record.chosen.went_back},
            {"beside", seen_to_json(record.chosen.beside)}}},
          {"files", std::move(files)}};
}

// A list of objects; anything else is as good as none.
template <typename Read>
void each(const Json& json, const char* key, Read read) {
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return;
  for (const Json& one : *list)
    if (one.is_object()) read(one);
}

PluginRecord from_json(const Json& json, const std::string& id) {
  PluginRecord record;
  record.id = id;
  record.pinned = text_at(json, "pinned");
  if (const auto chosen = json.find("chosen"); chosen != json.end() && chosen->is_object()) {
    record.chosen.digest = text_at(*chosen, "sha256");
    record.chosen.version = text_at(*chosen, "version");
    record.chosen.file = text_at(*chosen, "file");
    record.chosen.went_back = flag_at(*chosen, "went_back");
    each(*chosen, "beside", [&](const Json& one) {
      record.chosen.beside.push_back(
          {text_at(one, "sha256"), number_at<int64_t>(one, "changed_ns")});
    });
  }
  each(json, "files", [&](const Json& one) {
    record.files.push_back({text_at(one, "sha256"), text_at(one, "version"), text_at(one, "file"),
                            time_at(one, "taken"), time_at(one, "ran"), text_at(one, "failure")});
  });
  return record;
}

}  // namespace

KnownFile* PluginRecord::find(std::string_view digest) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const KnownFile& file) { return file.digest == digest; });
  return found == files.end() ? nullptr : &*found;
}

const KnownFile* PluginRecord::find(std::string_view digest) const {
  return const_cast<PluginRecord*>(this)->find(digest);
}

std::vector<std::string> PluginRecord::failed() const {
  std::vector<std::string> out;
  for (const KnownFile& file : files)
    if (!file.failure.empty()) out.push_back(file.digest);
  return out;
}

bool PluginRecord::note_taken(const FoundPlugin& plugin, std::vector<SeenFile> beside,
                              int64_t now_ms) {
  KnownFile* known = find(plugin.digest);
  const bool again = known != nullptr && chosen.digest == plugin.digest;
  if (again && chosen.beside == beside && (plugin.from_copy || chosen.file == plugin.file))
    return false;
  if (known == nullptr) {
    files.push_back({plugin.digest, plugin.manifest.version, plugin.file, now_ms, 0, {}});
    known = &files.back();
  }
  if (!again) known->taken_ms = now_ms;
  // A copy is not where it was dropped.
  if (!plugin.from_copy) known->file = plugin.file;
  chosen = {known->digest, known->version, known->file, std::move(beside),
            again && chosen.went_back};
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.taken_ms < b.taken_ms; });
  if (files.size() > kFilesKept) {
    const auto oldest = std::find_if(files.begin(), files.end(), [&](const KnownFile& file) {
      return file.digest != pinned && file.digest != chosen.digest;
    });
    files.erase(oldest);
  }
  return true;
}

bool PluginRecord::note_ran(std::string_view digest, int64_t now_ms) {
  KnownFile* const known = find(digest);
  if (known == nullptr || (known->ran_ms != 0 && known->failure.empty())) return false;
  known->ran_ms = now_ms;
  known->failure.clear();
  return true;
}

const KnownFile* PluginRecord::note_failed(std::string_view digest, const std::string& reason,
                                           const std::vector<std::string>& copies) {
  KnownFile* const known = find(digest);
  if (known == nullptr || known->ran_ms != 0) return nullptr;
  known->failure = reason;
  if (pinned == digest) return nullptr;
  const KnownFile* last = nullptr;
  for (const KnownFile& file : files)
    if (file.ran_ms != 0 && file.failure.empty() &&
        std::find(copies.begin(), copies.end(), file.digest) != copies.end())
      last = &file;
  if (last == nullptr) return nullptr;
  chosen = {last->digest, last->version, last->file, std::move(chosen.beside), true};
  return last;
}

void PluginRecord::forget_choice() {
  pinned.clear();
  chosen = {};
  for (KnownFile& file : files) file.failure.clear();
}

std::string go_back(PluginRecord& record, const std::string& digest, const std::string& reason,
                    const std::vector<std::string>& copies) {
  const KnownFile* const last = record.note_failed(digest, reason, copies);
  const KnownFile* const failed = record.find(digest);
  if (last == nullptr || failed == nullptr) return {};
  return record.id + " " + failed->version + " from " + failed->file.string() +
         " could not start: " + reason + ". It goes back to " + last->version + " (" +
         last->digest.substr(0, 12) + ") until another file comes; tqhost plugin use " + record.id +
         " newest tries it again";
}

Result<PluginRecord> read_plugin_record(const std::filesystem::path& state_dir,
                                        const std::string& id) {
  const auto file = record_file(state_dir, id);
  PluginRecord record;
  record.id = id;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return record;
  TQ_ASSIGN(const std::string text, read_file(file, kRecordBytesMost));
  TQ_ASSIGN(const Json json, parse_json(text, file.string()));
  if (!json.is_object() || text_at(json, "plugin") != id)
    return Error{Status::kConfig, file.string() + " is no record of the plugin " + id +
                                      "; without it no pin and no earlier file is known"};
  return from_json(json, id);
}

std::vector<std::string> recorded_plugins(const std::filesystem::path& state_dir) {
  std::vector<std::string> ids;
  std::error_code error;
  std::filesystem::directory_iterator at(copies_folder(state_dir), error), end;
  for (; !error && at != end; at.increment(error))
    if (at->path().extension() == kSuffix) ids.push_back(at->path().stem().string());
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<void> change_plugin_record(const std::filesystem::path& state_dir, const std::string& id,
                                  Wait wait, const std::function<bool(PluginRecord&)>& change) {
  TQ_TRY(make_folder(copies_folder(state_dir)));
  const auto lock_file = copies_folder(state_dir) / "records.lock";
  TQ_ASSIGN(const FileLock lock,
            wait == Wait::kYes ? FileLock::wait_lock(lock_file) : FileLock::try_lock(lock_file));
  auto record = read_plugin_record(state_dir, id);
  PluginRecord changed;
  changed.id = id;
  if (record) changed = record.take();
  if (!change(changed)) return {};
  return write_file_atomically(record_file(state_dir, id), pretty_json(to_json(changed)), 0640);
}

}  // namespace tq
