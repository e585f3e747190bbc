// SPDX-License-Identifier: Apache-2.0
// PluginRecord: what is remembered of a plugin's files: <state>/plugins/<id>.json. The choice that
// was made, the pin, which file could start and which could not. Written under the lock
// <state>/plugins/records.lock and replaced atomically; read without it. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "load/plugin_choice.hpp"
#include "load/registry.hpp"

namespace tq {

struct KnownFile {
  std::string digest, version;
  std::filesystem::path file;  // where it was dropped
  int64_t taken_ms = 0;        // the last time that it was chosen
  int64_t ran_ms = 0;          // when a start under it first came past `create`; 0: never
  std::string failure;         // why a start under it failed before that; empty: it did not
};

struct PluginRecord {
  static constexpr size_t kFilesKept = 20;

  std::string id, pinned;  // pinned: a digest; empty: none
  EarlierChoice chosen;
  std::vector<KnownFile> files;  // by the time that they were taken, oldest first

  KnownFile* find(std::string_view digest);
  const KnownFile* find(std::string_view digest) const;
  std::vector<std::string> failed() const;  // digests

  // The plugin was chosen, `beside` being all the good files of its id. False: that is known.
  bool note_taken(const FoundPlugin& plugin, std::vector<SeenFile> beside, int64_t now_ms);
  // A start came past `create`. False: that is known.
  bool note_ran(std::string_view digest, int64_t now_ms);
  // A start failed before that. The file that goes on instead, which is chosen now: the last that
  // ran, of those whose `copies` are there; null: none did, or the file has run before, or it is
  // pinned.
  const KnownFile* note_failed(std::string_view digest, const std::string& reason,
                               const std::vector<std::string>& copies);
  // The rule decides anew, and what could not start may try again.
  void forget_choice();
};

// note_failed(), and what to tell people about it; empty: nothing is gone back to.
std::string go_back(PluginRecord& record, const std::string& digest, const std::string& reason,
                    const std::vector<std::string>& copies);

// Empty when there is none; E_CONFIG when it is damaged.
Result<PluginRecord> read_plugin_record(const std::filesystem::path& state_dir,
                                        const std::string& id);
// The ids that have one.
std::vector<std::string> recorded_plugins(const std::filesystem::path& state_dir);

enum class Wait { kNo, kYes };

// Reads, changes and writes it under the lock; `change` returns whether there is anything to write.
// E_LIMITED: with Wait::kNo, somebody else has the lock. A damaged record begins anew.
Result<void> change_plugin_record(const std::filesystem::path& state_dir, const std::string& id,
                                  Wait wait, const std::function<bool(PluginRecord&)>& change);

}  // namespace tq
