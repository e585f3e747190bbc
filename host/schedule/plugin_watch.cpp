// SPDX-License-Identifier: Apache-2.0
#include "schedule/plugin_watch.hpp"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"
#include "schedule/plugin_candidate.hpp"

namespace tq {
namespace {

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void add_to(const UniqueFd& epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll && fd >= 0) ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

std::optional<FileLook> look_at(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0)
    return FileLook{0,
                    info.st_dev,
                    info.st_ino,
                    info.st_size,
                    nanoseconds(info.st_mtim),
                    nanoseconds(info.st_ctim)};
  if (errno == ENOENT) return std::nullopt;
  FileLook look;
  look.trouble = errno;
  return look;
}

PluginWatch::PluginWatch(std::filesystem::path folder, std::filesystem::path state_dir,
                         HostOffer offer, StartCheck check)
    : folder_(std::move(folder)),
      state_dir_(std::move(state_dir)),
      offer_(std::move(offer)),
      start_check_(std::move(check)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      told_(::epoll_create1(EPOLL_CLOEXEC)) {
  add_to(told_, inotify_.get());
}

PluginWatch::~PluginWatch() = default;

int PluginWatch::fd() const { return told_.get(); }
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

bool PluginWatch::loader_answered() const {
  return std::any_of(candidates_.begin(), candidates_.end(), [](const auto& one) {
    return one.second->check != nullptr && one.second->check->finished();
  });
}

std::vector<PluginChange> PluginWatch::look(Moment now, bool all) {
  const bool told = take_events();
  const bool answered = loader_answered();
  if (!told && !answered && !all && !due_.reached(now)) return {};
  const bool rescan = all || rescan_due_.reached(now);
  const bool first = first_look_;
  if (rescan) {
    rescan_due_ = Due::in(kRescanMs, now);
    watch_folder();
    judge_refused_again();
  }
  save_starts(now);
  look_for_files(now);
  if (folder_problem_.empty()) {
    for (auto& [file, candidate] : candidates_) {
      take_verdict(file, *candidate, now);
      if (candidate->settles() && candidate->check == nullptr) judge(file, *candidate, now);
    }
    choose_all(now);
    // What has started may have had no record to stand in until now.
    if (save_starts(now)) choose_all(now);
    first_look_ = false;
  }
  if (rescan || !changes_.empty()) {
    std::vector<std::string> needed;
    for (const auto& [id, taken] : taken_) needed.push_back(taken.plugin.digest);
    collect_copies(state_dir_, needed, first);
  }
  plan_next_look(now);
  return std::exchange(changes_, {});
}

// What they were refused for may be over: no room for the copy, the rights of the folder, a library
// that was missing.
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
    candidate->check.reset();
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
    const auto& candidate = at->second;
    if (!candidate->gone_since_ms || now.mono_ms - *candidate->gone_since_ms < patience_ms) {
      ++at;
      continue;
    }
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
  if (read_before || first_look_) return ask_loader(file, candidate, found.take());
  candidate.since_ms = now.mono_ms;
}

// What was taken before is taken at once when the host begins: its instances are due.
void PluginWatch::ask_loader(const std::filesystem::path& file, Candidate& candidate,
                             FoundPlugin found) {
  const auto accept = [&] {
    candidate.before = std::exchange(candidate.good, std::move(found));
    candidate.stage = Candidate::Stage::kGood;
  };
  if (candidate.good && candidate.good->digest == found.digest) return accept();
  if (first_look_) {
    const auto record = read_plugin_record(state_dir_, found.manifest.id);
    const KnownFile* const known = record ? record->find(found.digest) : nullptr;
    if (known != nullptr) return accept();
  }
  auto check = start_check_(file, found.digest);
  // Where the loader cannot be asked, nothing is held against the file; if it has changed, the next
  // look begins anew with it.
  if (!check) return accept();
  candidate.stage = Candidate::Stage::kAsking;
  candidate.asked = std::move(found);
  candidate.check = check.take();
  add_to(told_, candidate.check->fd());
  take_verdict(file, candidate, {});
}

void PluginWatch::take_verdict(const std::filesystem::path& file, Candidate& candidate,
                               Moment now) {
  if (candidate.check == nullptr || !candidate.check->finished()) return;
  const auto verdict = candidate.check->verdict();
  candidate.check.reset();
  if (verdict) {
    candidate.before = std::exchange(candidate.good, std::exchange(candidate.asked, std::nullopt));
    candidate.stage = Candidate::Stage::kGood;
  } else if (verdict.error().status == Status::kConfig) {
    refuse(file, candidate, verdict.error().message);
  } else {
    candidate.stage = Candidate::Stage::kSettling;
    candidate.digest.clear();
    candidate.since_ms = std::max(candidate.since_ms, now.mono_ms);
  }
}

void PluginWatch::refuse(const std::filesystem::path& file, Candidate& candidate,
                         const std::string& reason) {
  candidate.stage = Candidate::Stage::kRefused;
  if (candidate.reason == reason) return;
  candidate.reason = reason;
  changes_.push_back({PluginChange::Kind::kRefused,
                      candidate.good ? candidate.good->manifest.id : std::string(), file, reason});
}

void PluginWatch::plan_next_look(Moment now) {
  due_ = rescan_due_;
  if (!unsaved_.empty() || unsaved_choice_)
    due_.mono_ms = std::min(due_.mono_ms, now.mono_ms + kAskAgainMs);
  if (!folder_problem_.empty()) return;
  for (const auto& [file, candidate] : candidates_) {
    uint64_t since_ms = 0;
    if (candidate->gone_since_ms) {
      since_ms = *candidate->gone_since_ms;
    } else if (candidate->check != nullptr) {
      const bool tells = told_ && candidate->check->fd() >= 0;
      due_.mono_ms = std::min(due_.mono_ms, now.mono_ms + (tells ? kSettleMs : kAskAgainMs));
      continue;
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

std::vector<RefusedFile> PluginWatch::refused() const {
  std::vector<RefusedFile> out;
  for (const auto& [file, candidate] : candidates_)
    if (!candidate->reason.empty()) out.push_back({file, candidate->reason});
  return out;
}

}  // namespace tq
