// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_starts.hpp"

#include <ostream>
#include <utility>
#include <vector>

#include "core/world.hpp"
#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"

namespace tq {

void PluginStarts::note_chosen(const std::string& instance, const FoundPlugin& plugin) {
  chosen_[instance] = {plugin.manifest.id, plugin.digest};
  std::vector<SeenFile> beside;
  if (!plugin.from_copy) beside.push_back({plugin.digest, plugin.changed_ns});
  for (const FoundPlugin& other : registry_.unused)
    if (other.manifest.id == plugin.manifest.id) beside.push_back({other.digest, other.changed_ns});
  const auto note = [&](PluginRecord& record) {
    return record.note_taken(plugin, beside, RealWorld().now_ms());
  };
  auto record = read_plugin_record(config_.state_dir, plugin.manifest.id);
  if (record && !note(*record)) return;
  static_cast<void>(change_plugin_record(config_.state_dir, plugin.manifest.id, Wait::kNo, note));
}

void PluginStarts::note_end(const WorkerEnd& end) {
  const auto found = chosen_.find(end.instance);
  if (found == chosen_.end()) return;
  const Chosen& chosen = found->second;
  if (end.stage == PluginStage::kCreated) {
    const auto ran = [&](PluginRecord& record) {
      return record.note_ran(chosen.digest, RealWorld().now_ms());
    };
    auto record = read_plugin_record(config_.state_dir, chosen.id);
    if (record && ran(*record))
      static_cast<void>(change_plugin_record(config_.state_dir, chosen.id, Wait::kNo, ran));
    return;
  }
  if (!end.file_failed()) return;
  std::string went_back;
  const auto copies = kept_copies(config_.state_dir);
  static_cast<void>(
      change_plugin_record(config_.state_dir, chosen.id, Wait::kNo, [&](PluginRecord& record) {
        went_back = go_back(record, chosen.digest, end.told(), copies);
        return true;
      }));
  if (!went_back.empty()) context_.err << "tqhost: warning: " << went_back << '\n';
}

void PluginStarts::collect() const {
  std::vector<std::string> needed;
  for (const auto& [instance, chosen] : chosen_) needed.push_back(chosen.digest);
  collect_copies(config_.state_dir, needed, /*all_drafts=*/false);
}

}  // namespace tq
