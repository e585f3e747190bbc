// SPDX-License-Identifier: Apache-2.0
#include "schedule/plugin_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tq {
namespace {

// What a file looks like from outside; of the target when it is a link.
struct Look {
  dev_t device = 0;
  ino_t number = 0;
  off_t size = -1;
  int64_t modified_ns = 0, changed_ns = 0;

  bool operator==(const Look&) const = default;
};

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::optional<Look> look_at(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  return Look{info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim),
              nanoseconds(info.st_ctim)};
}

}  // namespace

struct PluginWatch::Candidate {
  enum class Stage {
    kSettling,    // something about it changed a short time ago
    kConfirming,  // read once
    kTaken,
    kRefused,
  };

  Stage stage = Stage::kSettling;
  Look look;
  uint64_t since_ms = 0;             // when it came to look so, or was read
  uint64_t gone_ms = 0;              // when it was first missed; 0: it is there
  std::string digest;                // of the first reading
  std::string reason;                // why it was refused
  bool no_room = false;              // it was refused because it could not be copied
  std::optional<TakenPlugin> taken;  // stays while the file is looked at anew

  bool settles() const { return stage == Stage::kSettling || stage == Stage::kConfirming; }
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
    // What could not be copied for want of room is tried again.
    for (auto& [file, candidate] : candidates_)
      if (candidate->stage == Candidate::Stage::kRefused && candidate->no_room)
        candidate->stage = Candidate::Stage::kSettling;
  }
  look_for_files(now);
  // One that goes may make room for another of its id, so twice.
  for (int round = 0; round < 2; ++round)
    for (auto& [file, candidate] : candidates_)
      if (candidate->settles() && candidate->gone_ms == 0) judge(file, *candidate, now);
  first_look_ = false;
  plan_next_look(now);
  return std::exchange(changes_, {});
}

void PluginWatch::look_for_files(Moment now) {
  const auto files = plugin_files(folder_);
  folder_problem_ = files ? std::string() : files.error().message;
  // A folder that cannot be read, a volume that is not mounted, says nothing about its files.
  if (!files) return;
  for (const auto& file : *files) {
    const auto look = look_at(file);
    if (!look) continue;  // gone again, or a link to nothing
    auto& candidate = candidates_[file];
    if (candidate == nullptr) candidate = std::make_unique<Candidate>();
    candidate->gone_ms = 0;
    if (candidate->look == *look) continue;
    candidate->look = *look;
    candidate->stage = Candidate::Stage::kSettling;
    candidate->since_ms = now.mono_ms;
    candidate->reason.clear();
  }
  for (auto at = candidates_.begin(); at != candidates_.end();) {
    auto& [file, candidate] = *at;
    if (std::binary_search(files->begin(), files->end(), file) && look_at(file)) {
      ++at;
    } else if (candidate->gone_ms == 0) {
      // It may be back in a moment: some tools replace a file by removing it first.
      candidate->gone_ms = now.mono_ms;
      ++at;
    } else if (now.mono_ms - candidate->gone_ms < kSettleMs) {
      ++at;
    } else {
      drop(file, *candidate);
      at = candidates_.erase(at);
    }
  }
}

void PluginWatch::judge(const std::filesystem::path& file, Candidate& candidate, Moment now) {
  // By its own times it may have stood still for long when this host begins.
  const int64_t age_ms = now.wall_ms - candidate.look.modified_ns / 1'000'000;
  const bool old = first_look_ && age_ms >= static_cast<int64_t>(kSettleMs);
  const uint64_t still_ms = now.mono_ms - candidate.since_ms;
  if (!old && still_ms < kSettleMs) return;
  auto found = inspect_plugin(file, offer_);
  if (!found) {
    // Its first reading was good, or somebody may still be writing it.
    candidate.stage = Candidate::Stage::kSettling;
    if (old || still_ms >= kRefuseMs) refuse(file, candidate, found.error().message);
    return;
  }
  if (candidate.stage == Candidate::Stage::kSettling && !old) {
    candidate.stage = Candidate::Stage::kConfirming;
    candidate.since_ms = now.mono_ms;
    candidate.digest = found->digest;
    return;
  }
  if (!old && found->digest != candidate.digest) {
    candidate.stage = Candidate::Stage::kSettling;
    candidate.since_ms = now.mono_ms;
    return;
  }
  take(file, candidate, found.take());
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

void PluginWatch::take(const std::filesystem::path& file, Candidate& candidate, FoundPlugin found) {
  const std::string id = found.manifest.id;
  for (const auto& [other_file, other] : candidates_)
    if (other.get() != &candidate && other->taken && other->taken->plugin.manifest.id == id)
      return refuse(file, candidate, "its id " + id + " is that of " + other_file.string());
  candidate.stage = Candidate::Stage::kTaken;
  candidate.reason.clear();
  if (candidate.taken && candidate.taken->plugin.digest == found.digest) return;
  auto copy = take_copy(found, state_dir_);
  candidate.no_room = !copy;
  if (!copy) return refuse(file, candidate, copy.error().message);
  if (candidate.taken && candidate.taken->plugin.manifest.id != id) drop(file, candidate);
  candidate.taken = TakenPlugin{std::move(found), copy.take()};
  changes_.push_back({PluginChange::Kind::kTaken, id, file, {}});
}

void PluginWatch::drop(const std::filesystem::path& file, Candidate& candidate) {
  if (!candidate.taken) return;
  const std::string id = candidate.taken->plugin.manifest.id;
  candidate.taken.reset();
  changes_.push_back({PluginChange::Kind::kRemoved, id, file, {}});
  // Another file of this id was refused for it.
  for (const auto& [other_file, other] : candidates_)
    if (other->stage == Candidate::Stage::kRefused) other->stage = Candidate::Stage::kSettling;
}

void PluginWatch::plan_next_look(Moment now) {
  due_ = rescan_due_;
  for (const auto& [file, candidate] : candidates_) {
    uint64_t at_ms = Due::kNeverMono;
    if (candidate->gone_ms != 0) {
      at_ms = candidate->gone_ms + kSettleMs;
    } else if (candidate->settles()) {
      at_ms = candidate->since_ms + kSettleMs;
      // It was bad at the last look and may become good until it is refused.
      if (at_ms <= now.mono_ms)
        at_ms = std::min(now.mono_ms + kSettleMs, candidate->since_ms + kRefuseMs);
    }
    due_.mono_ms = std::min(due_.mono_ms, std::max(at_ms, now.mono_ms + 1));
  }
}

const TakenPlugin* PluginWatch::find(const std::string& id) const {
  for (const auto& [file, candidate] : candidates_)
    if (candidate->taken && candidate->taken->plugin.manifest.id == id) return &*candidate->taken;
  return nullptr;
}

std::vector<RefusedFile> PluginWatch::refused() const {
  std::vector<RefusedFile> out;
  for (const auto& [file, candidate] : candidates_)
    if (candidate->stage == Candidate::Stage::kRefused) out.push_back({file, candidate->reason});
  return out;
}

}  // namespace tq
