// SPDX-License-Identifier: Apache-2.0
// PluginWatch: the plugins folder while it changes. A file is taken when it is whole: its size and
// times have stood still for kSettleMs, its section table lies inside it, and two readings,
// kSettleMs apart, have one digest. It is refused when it is bad and has stood still for kRefuseMs:
// until then somebody may be writing it. Nobody has to say that a copy is complete. What is taken
// is copied to <state>/plugins/<digest>.so at once, so that from then on nothing that happens to
// the file can harm a worker. One thread; owns its inotify descriptor. Runs no code of a plugin.
//
// inotify only makes it quick: network and container volumes tell nothing, so the folder is looked
// at every kRescanMs, too. What was taken and has not changed is not read again; what was refused
// is, at each rescan: the reason may be over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "load/registry.hpp"
#include "schedule/moment.hpp"

namespace tq {

struct TakenPlugin {
  FoundPlugin plugin;
  std::filesystem::path copy;
};

struct PluginChange {
  enum class Kind {
    kTaken,    // new, or another file in place of the one before
    kRefused,  // a bad file; what was taken from that path before goes on
    kRemoved,  // the file went away, and with it the plugin
  };
  Kind kind = Kind::kTaken;
  std::string id;  // empty: a refused file whose id is not known
  std::filesystem::path file;
  std::string reason;  // of kRefused
};

class PluginWatch {
 public:
  static constexpr uint64_t kSettleMs = 700;
  static constexpr uint64_t kRefuseMs = 3'000;
  static constexpr uint64_t kRescanMs = 30'000;

  // The folder may be missing, now or later: no plugin is there then, and folder_problem() tells.
  PluginWatch(std::filesystem::path folder, std::filesystem::path state_dir, HostOffer offer);
  ~PluginWatch();
  PluginWatch(const PluginWatch&) = delete;
  PluginWatch& operator=(const PluginWatch&) = delete;

  // Readable when something happened in the folder; -1: only the rescans tell.
  int fd() const;
  // When look() wants to be called though fd() is silent.
  Due due() const;

  // Looks if something happened or its time has come. `all`: looks in any case (SIGHUP, `list`).
  // The first look takes at once what has stood still for kSettleMs by its own times.
  std::vector<PluginChange> look(Moment now, bool all = false);

  // By id; null when it is not there. Good until the next look().
  const TakenPlugin* find(const std::string& id) const;
  std::vector<RefusedFile> refused() const;
  const std::string& folder_problem() const;  // empty: none

 private:
  struct Candidate;

  bool take_events();
  void watch_folder();
  void judge_refused_again();
  void look_for_files(Moment now);
  void drop_what_is_gone(const std::set<std::filesystem::path>& there, Moment now);
  uint64_t still_ms(const Candidate& candidate, Moment now) const;
  void judge(const std::filesystem::path& file, Candidate& candidate, Moment now);
  void refuse(const std::filesystem::path& file, Candidate& candidate, const std::string& reason);
  void take(const std::filesystem::path& file, Candidate& candidate, FoundPlugin found, Moment now);
  void drop(const std::filesystem::path& file, Candidate& candidate);
  void plan_next_look(Moment now);

  std::filesystem::path folder_, state_dir_;
  HostOffer offer_;
  UniqueFd inotify_;
  std::map<std::filesystem::path, std::unique_ptr<Candidate>> candidates_;
  std::vector<PluginChange> changes_;  // of this look
  std::string folder_problem_;
  bool first_look_ = true;
  Due rescan_due_{Due::kNeverWall, 0}, due_{Due::kNeverWall, 0};
};

}  // namespace tq
