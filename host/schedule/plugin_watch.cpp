// SPDX-License-Identifier: Apache-2.0
#include "schedule/plugin_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

namespace tq {
namespace {

// What a file looks like from outside; of the target when it is a link.
struct Look {
  int trouble = 0;  // errno, when it could not be looked at
  dev_t device = 0;
  ino_t number = 0;
  off_t size = -1;
  int64_t modified_ns = 0, changed_ns = 0;

  bool operator==(const Look&) const = default;
};

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Nothing when there is no such file, or a link to none. One that cannot be looked at for another
// reason, on a volume that has trouble, is not gone.
std::optional<Look> look_at(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0)
    return Look{0,
                info.st_dev,
                info.st_ino,
                info.st_size,
                nanoseconds(info.st_mtim),
                nanoseconds(info.st_ctim)};
  if (errno == ENOENT) return std::nullopt;
  Look look;
  look.trouble = errno;
  return look;
}

}  // namespace

struct PluginWatch::Candidate {
  enum class Stage { kSettling, kTaken, kRefused };

  Stage stage = Stage::kSettling;
  std::optional<Look> look;
  uint64_t since_ms = 0;  // when it came to look so, or was read first
  std::optional<uint64_t> gone_since_ms;
  std::string digest;                // of a first reading since it looks so; empty: none was good
  std::string reason;                // why it was refused, until it changes or is taken
  std::optional<TakenPlugin> taken;  // stays while the file is looked at anew

  bool settles() const { return stage == Stage::kSettling && !gone_since_ms; }
  bool has(const std::string& id) const { return taken && taken->plugin.manifest.id == id; }
};

PluginWatch::PluginWatch(std::filesystem::path folder, std::filesystem::path state_dir,
                         HostOffer offer)
    : folder_(std::move(folder)),
      state_dir_(std::move(state_dir)),
      offer_(std::move(offer)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

PluginWatch::~PluginWatch() = default;

int PluginWatch::fd() const { return inotify_.get(); }
Due PluginWatch::due() const { return due_; }
const std::string& PluginWatch::folder_problem() const { return folder_problem_; }

// What happened does not matter: everything is looked at, which costs a stat for each file.
bool PluginWatch::take_events() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  while (inotify_ && ::read(inotify_.get(), buffer, sizeof buffer) > 0) any = true;
  return any;
}

// Doing it again is harmless, and needed when another folder has come in its place.
void PluginWatch::watch_folder() {
  constexpr uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_TO |
                               IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
                               IN_ONLYDIR;
  if (inotify_) ::inotify_add_watch(inotify_.get(), folder_.c_str(), kEvents);
}

std::vector<PluginChange> PluginWatch::look(Moment now, bool all) {
  const bool told = take_events();
  if (!told && !all && !due_.reached(now)) return {};
  changes_.clear();
  if (all || rescan_due_.reached(now)) {
    rescan_due_ = Due::in(kRescanMs, now);
    watch_folder();
    judge_refused_again();
  }
  look_for_files(now);
  if (folder_problem_.empty()) {
    // One that goes may make room for another of its id, so twice.
    for (int round = 0; round < 2; ++round)
      for (auto& [file, candidate] : candidates_)
        if (candidate->settles()) judge(file, *candidate, now);
    first_look_ = false;
  }
  plan_next_look(now);
  return std::exchange(changes_, {});
}

// What they were refused for may be over: no room for the copy, the rights of the folder, another
// file of the same id.
void PluginWatch::judge_refused_again() {
  for (auto& [file, candidate] : candidates_)
    if (candidate->stage == Candidate::Stage::kRefused)
      candidate->stage = Candidate::Stage::kSettling;
}

void PluginWatch::look_for_files(Moment now) {
  const auto files = plugin_files(folder_);
  folder_problem_ = files ? std::string() : files.error().message;
  if (!files) {
    // A folder that cannot be read, a volume that is not mounted, says nothing about its files.
    for (auto& [file, candidate] : candidates_) candidate->gone_since_ms.reset();
    return;
  }
  std::set<std::filesystem::path> there;
  for (const auto& file : *files) {
    auto look = look_at(file);
    if (!look) continue;
    there.insert(file);
    auto& candidate = candidates_[file];
    if (candidate == nullptr) candidate = std::make_unique<Candidate>();
    if (candidate->look == look) continue;
    candidate->look = look;
    candidate->stage = Candidate::Stage::kSettling;
    candidate->since_ms = now.mono_ms;
    candidate->digest.clear();
    candidate->reason.clear();
  }
  drop_what_is_gone(there, now);
}

void PluginWatch::drop_what_is_gone(const std::set<std::filesystem::path>& there, Moment now) {
  bool some_settle = false;
  for (auto& [file, candidate] : candidates_) {
    if (there.count(file) != 0) {
      candidate->gone_since_ms.reset();
    } else if (!candidate->gone_since_ms) {
      candidate->gone_since_ms = now.mono_ms;
    }
    some_settle = some_settle || candidate->settles();
  }
  // It may be back in a moment, some tools replace a file by removing it first, or it is what now
  // settles under another name.
  const uint64_t patience_ms = some_settle ? kRefuseMs : kSettleMs;
  for (auto at = candidates_.begin(); at != candidates_.end();) {
    auto& [file, candidate] = *at;
    if (!candidate->gone_since_ms || now.mono_ms - *candidate->gone_since_ms < patience_ms) {
      ++at;
      continue;
    }
    drop(file, *candidate);
    at = candidates_.erase(at);
  }
}

// How long it has looked so: as it was watched or, when this host begins, by its own time, which
// tools that keep an old one set when they have written everything. A time to come is that of a
// wrong clock and says nothing.
uint64_t PluginWatch::still_ms(const Candidate& candidate, Moment now) const {
  if (!first_look_) return now.mono_ms - candidate.since_ms;
  const int64_t age_ms = now.wall_ms - candidate.look->modified_ns / 1'000'000;
  return static_cast<uint64_t>(std::max(int64_t{0}, age_ms));
}

void PluginWatch::judge(const std::filesystem::path& file, Candidate& candidate, Moment now) {
  const uint64_t still = still_ms(candidate, now);
  if (still < kSettleMs) return;
  auto found = inspect_plugin(file, offer_);
  if (!found) {
    candidate.digest.clear();
    // Until then somebody may be writing it.
    if (still >= kRefuseMs) refuse(file, candidate, found.error().message);
    return;
  }
  const bool read_before = candidate.digest == found->digest;
  candidate.digest = found->digest;
  if (read_before || first_look_) return take(file, candidate, found.take(), now);
  candidate.since_ms = now.mono_ms;
}

void PluginWatch::refuse(const std::filesystem::path& file, Candidate& candidate,
                         const std::string& reason) {
  candidate.stage = Candidate::Stage::kRefused;
  if (candidate.reason == reason) return;
  candidate.reason = reason;
  changes_.push_back({PluginChange::Kind::kRefused,
                      candidate.taken ? candidate.taken->plugin.manifest.id : std::string(), file,
                      reason});
}

void PluginWatch::take(const std::filesystem::path& file, Candidate& candidate, FoundPlugin found,
                       Moment now) {
  const std::string id = found.manifest.id;
  for (auto& [other_file, other] : candidates_) {
    if (other.get() == &candidate || !other->has(id)) continue;
    if (!other->gone_since_ms || now.mono_ms - *other->gone_since_ms < kSettleMs)
      return refuse(file, candidate, "its id " + id + " is that of " + other_file.string());
    drop(other_file, *other);
  }
  if (!candidate.taken || candidate.taken->plugin.digest != found.digest) {
    auto copy = take_copy(found, state_dir_);
    if (!copy) {
      // Changed since it was read, it is not bad: the next look begins anew with it.
      if (look_at(file) != candidate.look) return;
      return refuse(file, candidate, copy.error().message);
    }
    if (candidate.taken && !candidate.has(id)) drop(file, candidate);
    candidate.taken = TakenPlugin{std::move(found), copy.take()};
    changes_.push_back({PluginChange::Kind::kTaken, id, file, {}});
  }
  candidate.stage = Candidate::Stage::kTaken;
  candidate.reason.clear();
}

void PluginWatch::drop(const std::filesystem::path& file, Candidate& candidate) {
  if (!candidate.taken) return;
  changes_.push_back({PluginChange::Kind::kRemoved, candidate.taken->plugin.manifest.id, file, {}});
  candidate.taken.reset();
  judge_refused_again();  // another file of this id was refused for it
}

void PluginWatch::plan_next_look(Moment now) {
  due_ = rescan_due_;
  if (!folder_problem_.empty()) return;
  for (const auto& [file, candidate] : candidates_) {
    uint64_t since_ms = 0;
    if (candidate->gone_since_ms) {
      since_ms = *candidate->gone_since_ms;
    } else if (candidate->settles()) {
      since_ms = candidate->since_ms;
    } else {
      continue;
    }
    uint64_t at_ms = since_ms + kSettleMs;
    // It was bad at this look and may become good until it is refused.
    if (at_ms <= now.mono_ms) at_ms = std::min(now.mono_ms + kSettleMs, since_ms + kRefuseMs);
    due_.mono_ms = std::min(due_.mono_ms, std::max(at_ms, now.mono_ms + 1));
  }
}

const TakenPlugin* PluginWatch::find(const std::string& id) const {
  for (const auto& [file, candidate] : candidates_)
    if (candidate->has(id)) return &*candidate->taken;
  return nullptr;
}

std::vector<RefusedFile> PluginWatch::refused() const {
  std::vector<RefusedFile> out;
  for (const auto& [file, candidate] : candidates_)
    if (!candidate->reason.empty()) out.push_back({file, candidate->reason});
  return out;
}

}  // namespace tq
