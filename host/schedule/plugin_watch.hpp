// SPDX-License-Identifier: Apache-2.0
// PluginWatch: the plugins folder while it changes. A file is good when it is whole: its size and
// times have stood still for kSettleMs, its section table lies inside it, two readings, kSettleMs
// apart, have one digest, and the dynamic loader finds what it needs. It is refused when it is bad
// and has stood still for kRefuseMs: until then somebody may be writing it. Nobody has to say that
// a copy is complete. Which good file of an id is taken, choose_plugin() says. What is taken is
// copied to <state>/plugins/<digest>.so at once, so that from then on nothing that happens to the
// file can harm a worker. One thread; owns its inotify descriptor and the children that ask the
// loader. Runs no code of a plugin, and never waits for the loader.
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
    kWarning,  // `reason` is what a person should know: two files of one id, a copy that goes on,
               // ...
  };
  Kind kind = Kind::kTaken;
  std::string id;  // empty: a refused file whose id is not known
  std::filesystem::path file;
  std::string reason;  // of kRefused and kWarning
};

class PluginWatch {
 public:
  static constexpr uint64_t kSettleMs = 700;
  static constexpr uint64_t kRefuseMs = 3'000;
  static constexpr uint64_t kRescanMs = 30'000;
  static constexpr uint64_t kAskAgainMs = 100;  // the loader or for the lock, where nothing tells

  // The folder may be missing, now or later: no plugin is there then, and folder_problem() tells.
  // `check`: how the dynamic loader is asked.
  PluginWatch(std::filesystem::path folder, std::filesystem::path state_dir, HostOffer offer,
              StartCheck check = LoaderCheck::start);
  ~PluginWatch();
  PluginWatch(const PluginWatch&) = delete;
  PluginWatch& operator=(const PluginWatch&) = delete;

  // Readable when something happened in the folder or the loader has answered; -1: only the rescans
  // tell.
  int fd() const;
  // When look() wants to be called though fd() is silent.
  Due due() const;

  // Looks if something happened or its time has come. `all`: looks in any case (SIGHUP, `list`).
  // The first look takes at once what has stood still for kSettleMs by its own times.
  std::vector<PluginChange> look(Moment now, bool all = false);

  // By id; null when it is not there. Good until the next look().
  const TakenPlugin* find(const std::string& id) const;
  std::vector<RefusedFile> refused() const;

  // A worker that runs this file has come past `create`: from then on it is one to go back to.
  void started(const std::string& id, const std::string& digest, Moment now);
  // One did not, and it is the file's fault. When it never ran, and another did, that one is taken
  // again: the next look tells.
  void could_not_start(const std::string& id, const std::string& digest, const std::string& reason,
                       Moment now);
  // Makes the copy anew when somebody has deleted it, or, with `damaged`, when it is not intact.
  // E_TRANSIENT: the file that it was made of is gone, too.
  Result<void> renew_copy(const std::string& id, bool damaged, Moment now);

  const std::string& folder_problem() const;  // empty: none

 private:
  struct Candidate;
  struct Start {
    std::string id, digest, failure;  // failure: empty: it started
  };

  bool take_events();
  bool loader_answered() const;
  void watch_folder();
  void judge_refused_again();
  void look_for_files(Moment now);
  void drop_what_is_gone(const std::set<std::filesystem::path>& there, Moment now);
  uint64_t still_ms(const Candidate& candidate, Moment now) const;
  void judge(const std::filesystem::path& file, Candidate& candidate, Moment now);
  void ask_loader(const std::filesystem::path& file, Candidate& candidate, FoundPlugin found);
  void take_verdict(const std::filesystem::path& file, Candidate& candidate, Moment now);
  void refuse(const std::filesystem::path& file, Candidate& candidate, const std::string& reason);
  void choose_all(Moment now);
  void choose(const std::string& id, const std::vector<Candidate*>& candidates, Moment now);
  bool take_file(Candidate& candidate);
  bool take_kept(const std::string& id, const std::string& digest);
  void remove(const std::string& id);
  void warn(const std::string& id, const std::string& about, const std::string& text);
  void remember(const std::string& id, const std::vector<FoundPlugin>& good, Moment now);
  bool save_starts(Moment now);
  bool save_start(const Start& start, Moment now, bool* went_back);
  void plan_next_look(Moment now);

  std::filesystem::path folder_, state_dir_;
  HostOffer offer_;
  StartCheck start_check_;
  UniqueFd inotify_, told_;  // told_: what waits for inotify_ and for the checks
  std::map<std::filesystem::path, std::unique_ptr<Candidate>> candidates_;
  std::map<std::string, TakenPlugin> taken_;   // by id
  std::map<std::string, std::string> warned_;  // by id and subject, so that nothing is told twice
  std::set<std::string> known_to_run_;         // digests
  std::vector<Start> unsaved_;                 // while somebody else has the records' lock
  bool unsaved_choice_ = false;                // likewise
  std::vector<PluginChange> changes_;          // since the last look
  std::string folder_problem_;
  bool first_look_ = true;
  Due rescan_due_{Due::kNeverWall, 0}, due_{Due::kNeverWall, 0};
};

}  // namespace tq
