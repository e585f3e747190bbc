// SPDX-License-Identifier: Apache-2.0
// PluginWatch: which of the good files are taken, and what is remembered of them.
#include <algorithm>
#include <system_error>
#include <utility>

#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"
#include "schedule/plugin_candidate.hpp"
#include "schedule/plugin_watch.hpp"

namespace tq {

// Those that go are told before those that come.
void PluginWatch::choose_all(Moment now) {
  unsaved_choice_ = false;
  std::map<std::string, std::vector<Candidate*>> by_id;
  std::set<std::string> asked;
  for (auto& [file, candidate] : candidates_) {
    if (candidate->good) by_id[candidate->good->manifest.id].push_back(candidate.get());
    if (candidate->check != nullptr) asked.insert(candidate->asked->manifest.id);
  }
  std::vector<std::string> gone;
  for (const auto& [id, taken] : taken_)
    if (by_id.count(id) == 0) gone.push_back(id);
  for (const std::string& id : gone) choose(id, {}, now);
  for (const std::string& id : recorded_plugins(state_dir_)) by_id[id];
  for (const auto& [id, candidates] : by_id) {
    // None is taken yet: the best may be the one that is still being looked at.
    if (taken_.count(id) == 0 && asked.count(id) != 0) continue;
    choose(id, candidates, now);
  }
}

void PluginWatch::choose(const std::string& id, const std::vector<Candidate*>& candidates,
                         Moment now) {
  std::vector<FoundPlugin> good;
  for (const Candidate* candidate : candidates) good.push_back(*candidate->good);
  ChoiceQuestion question = question_of(id, good, refused(), state_dir_);
  PluginChoice choice = choose_plugin(id, question);
  const bool is_copy = choice.from == PluginChoice::From::kCopy;
  if (is_copy && !take_kept(id, choice.digest)) {
    std::erase(question.copies, choice.digest);
    choice = choose_plugin(id, question);
  }
  if (choice.from == PluginChoice::From::kNothing) {
    remove(id);
  } else if (choice.from == PluginChoice::From::kFile && !take_file(*candidates[choice.file])) {
    return;
  }
  for (Candidate* candidate : candidates)
    if (candidate->stage == Candidate::Stage::kGood) candidate->reason.clear();
  warn(id, "choice", choice.warning);
  remember(id, good, now);
}

// False: it could not be copied, and what was taken before goes on.
bool PluginWatch::take_file(Candidate& candidate) {
  const std::string id = candidate.good->manifest.id;
  const std::filesystem::path file = candidate.good->file;
  const auto taken = taken_.find(id);
  if (taken != taken_.end() && taken->second.plugin.digest == candidate.good->digest) {
    taken->second.plugin = *candidate.good;
    return true;
  }
  auto copy = take_copy(*candidate.good, state_dir_);
  if (!copy) {
    candidate.good = std::exchange(candidate.before, std::nullopt);
    // Changed since it was read, it is not bad: the next look begins anew with it.
    if (look_at(file) == candidate.look) refuse(file, candidate, copy.error().message);
    return false;
  }
  taken_[id] = TakenPlugin{*candidate.good, copy.take()};
  changes_.push_back({PluginChange::Kind::kTaken, id, file, {}});
  return true;
}

bool PluginWatch::take_kept(const std::string& id, const std::string& digest) {
  const auto taken = taken_.find(id);
  if (taken != taken_.end() && taken->second.plugin.digest == digest) return true;
  auto found = inspect_copy(state_dir_, digest, offer_);
  if (!found || found->manifest.id != id) return false;
  const std::filesystem::path copy = found->file;
  taken_[id] = TakenPlugin{found.take(), copy};
  changes_.push_back({PluginChange::Kind::kTaken, id, copy, {}});
  return true;
}

void PluginWatch::remove(const std::string& id) {
  const auto taken = taken_.find(id);
  if (taken == taken_.end()) return;
  changes_.push_back({PluginChange::Kind::kRemoved, id, taken->second.plugin.file, {}});
  taken_.erase(taken);
}

void PluginWatch::warn(const std::string& id, const std::string& about, const std::string& text) {
  if (std::exchange(warned_[id + "/" + about], text) == text || text.empty()) return;
  changes_.push_back({PluginChange::Kind::kWarning, id, {}, text});
}

void PluginWatch::remember(const std::string& id, const std::vector<FoundPlugin>& good,
                           Moment now) {
  const TakenPlugin* const taken = find(id);
  if (taken == nullptr) return;
  std::vector<SeenFile> beside;
  for (const FoundPlugin& one : good) beside.push_back({one.digest, one.changed_ns});
  const auto note = [&](PluginRecord& record) {
    return record.note_taken(taken->plugin, beside, now.wall_ms);
  };
  // Most of the time nothing is new, and nobody has to wait for the lock.
  auto record = read_plugin_record(state_dir_, id);
  if (record && !note(*record)) return;
  const auto kept = change_plugin_record(state_dir_, id, Wait::kNo, note);
  unsaved_choice_ = unsaved_choice_ || (!kept && kept.error().status == Status::kLimited);
  const bool failed = !kept && kept.error().status != Status::kLimited;
  warn(id, "record",
       failed ? id + ": which file is used cannot be remembered: " + kept.error().message
              : std::string());
}

void PluginWatch::started(const std::string& id, const std::string& digest, Moment now) {
  if (!known_to_run_.insert(digest).second) return;
  unsaved_.push_back({id, digest, {}});
  save_starts(now);
}

void PluginWatch::could_not_start(const std::string& id, const std::string& digest,
                                  const std::string& reason, Moment now) {
  if (known_to_run_.count(digest) != 0) return;
  unsaved_.push_back({id, digest, reason});
  save_starts(now);
}

// True: one was gone back from.
bool PluginWatch::save_starts(Moment now) {
  bool went_back = false;
  if (!unsaved_choice_)
    std::erase_if(unsaved_, [&](const Start& start) { return save_start(start, now, &went_back); });
  if (!unsaved_.empty()) due_.mono_ms = std::min(due_.mono_ms, now.mono_ms + kAskAgainMs);
  if (went_back) due_.mono_ms = now.mono_ms;
  return went_back;
}

// False: somebody else has the lock.
bool PluginWatch::save_start(const Start& start, Moment now, bool* went_back) {
  std::string told;
  const auto copies = kept_copies(state_dir_);
  const auto kept =
      change_plugin_record(state_dir_, start.id, Wait::kNo, [&](PluginRecord& record) {
        if (start.failure.empty()) return record.note_ran(start.digest, now.wall_ms);
        told = go_back(record, start.digest, start.failure, copies);
        return true;
      });
  if (!kept && kept.error().status == Status::kLimited) return false;
  if (told.empty()) return true;
  *went_back = true;
  changes_.push_back({PluginChange::Kind::kWarning, start.id, {}, told});
  return true;
}

Result<void> PluginWatch::renew_copy(const std::string& id, bool damaged, Moment now) {
  const auto taken = taken_.find(id);
  if (taken == taken_.end()) return {};
  std::error_code error;
  if (!damaged && std::filesystem::is_regular_file(taken->second.copy, error)) return {};
  const auto copy = take_copy(taken->second.plugin, state_dir_);
  if (copy) return {};
  // Another file may be chosen, or the same one again when it can be read.
  if (taken->second.plugin.from_copy) taken_.erase(taken);
  due_.mono_ms = now.mono_ms;
  return Error{Status::kTransient,
               "the copy of its plugin is gone and cannot be made anew: " + copy.error().message};
}

const TakenPlugin* PluginWatch::find(const std::string& id) const {
  const auto taken = taken_.find(id);
  return taken == taken_.end() ? nullptr : &taken->second;
}

}  // namespace tq
