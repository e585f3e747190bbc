// SPDX-License-Identifier: Apache-2.0
#include "services/state_service.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "core/thread.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

// Bounds of one page of a scan: a page is read at once, so that what the plugin puts in between
// needs no open statement.
constexpr size_t kPageRows = 256;
constexpr size_t kPageBytes = 256 * 1024;
// The store keeps 10,000 letters; a listener rejects without end.
constexpr size_t kKnownLettersMost = 20'000;

Error no_key(const char* function) {
  return {Status::kBug, std::string("state.") + function + ": a key has at least one byte"};
}

}  // namespace

StateService::StateService(Store& store, RunService& run, Log& log)
    : store_(store), run_(run), log_(log) {}

Result<std::optional<std::string>> StateService::get(std::string_view key) {
  if (key.empty()) return no_key("get");
  return store_.get(key);
}

Result<void> StateService::put(std::string_view key, std::string_view value) {
  if (key.empty()) return no_key("put");
  ++changes_;  // also one that fails: the commit has to tell it
  ++uncommitted_;
  return store_.put(key, value);
}

Result<void> StateService::erase(std::string_view key) {
  if (key.empty()) return no_key("erase");
  ++changes_;
  ++uncommitted_;
  return store_.erase(key);
}

Result<void> StateService::commit() {
  if (run_.commits_skipped()) {
    rollback();
    return {};
  }
  // A listener that commits has looked.
  if (run_.listens() && store_.relearn() != Relearn::kNo) {
    ++changes_;
    TQ_TRY(store_.set_relearn(Relearn::kNo));
  }
  return make_durable("the plugin's commit", Accepted::kWith);
}

void StateService::rollback() {
  store_.rollback();
  changes_ = uncommitted_ = 0;
}

Result<void> StateService::end_facet() {
  rollback();
  if (run_.commits_skipped()) return {};
  return make_durable("the dead letters after the last commit", Accepted::kDropped);
}

Result<void> StateService::make_durable(std::string_view what, Accepted accepted) {
  const std::vector<DeadLetter> letters = run_.take_rejected();
  std::set<LetterChanges::Item> resolved = run_.take_accepted();
  if (accepted == Accepted::kDropped) {
    resolved.clear();
    store_.drop_resolved();  // of a commit that failed
  }
  const size_t letter_changes = letters.size() + resolved.size();
  if (changes_ == 0 && letter_changes == 0 && !owed_) return {};
  Result<void> done;
  for (const DeadLetter& letter : letters)
    if (done) done = store_.add_dead_letter(letter);
  for (const auto& [type, value] : resolved)
    if (done) done = store_.resolve_dead_letter(type, value);
  if (done) {
    run_.world().reach("before commit");
    done = store_.commit();
    if (done) run_.world().reach("after commit");
  }
  owed_ = !done && (owed_ || letter_changes > 0);
  if (!done) {
    rollback();
    return std::move(done.error()).in("the state was not committed");
  }
  after_commit(what, letters.size(), resolved.size());
  return {};
}

// It is durable: whatever fails here is no failure of the commit.
void StateService::after_commit(std::string_view what, size_t letters, size_t resolved) {
  const uint64_t changes = std::exchange(changes_, 0);
  uncommitted_ = 0;
  const auto done = contain("reading the dead letters", [&]() -> Result<void> {
    log_.debug(Event::kStateCommit, what,
               {{"changes", std::to_string(changes)},
                {"dead_letters", std::to_string(letters)},
                {"resolved", std::to_string(resolved)}});
    return run_.known_letters() > kKnownLettersMost ? learn_letters() : Result<void>();
  });
  if (done) return;
  static_cast<void>(contain("logging", [&]() -> Result<void> {
    log_.warning(Event::kStateCommit,
                 "the state was committed, but its dead letters could not be read again, which is "
                 "tried with the next commit: " +
                     done.error().message);
    return {};
  }));
}

Result<void> StateService::learn_letters() {
  if (run_.commits_skipped()) return {};
  std::vector<uint64_t> hashes;
  TQ_TRY(store_.scan_dead_letters([&](const DeadLetter& letter) {
    hashes.push_back(RunService::item_hash(letter.type, letter.value));
    return true;
  }));
  run_.learn_letters(hashes);
  return {};
}

Result<const DeadLetter*> StateService::next_retry() {
  if (!retries_) {
    std::vector<DeadLetter> marked;
    TQ_TRY(store_.scan_dead_letters([&](const DeadLetter& letter) {
      if (letter.retry) marked.push_back(letter);
      return true;
    }));
    retries_ = std::move(marked);
  }
  if (retries_told_ == retries_->size()) return nullptr;
  const DeadLetter& letter = (*retries_)[retries_told_++];
  if (!run_.commits_skipped()) {
    ++changes_;
    TQ_TRY(store_.settle_dead_letter(letter.id));
  }
  return &letter;
}

tqp_scan* StateService::open_scan(tqp_host_ctx* host, std::string_view prefix) {
  return scans_.add(std::make_unique<tqp_scan>(tqp_scan{host, std::string(prefix)}));
}

Result<void> StateService::read_page(tqp_scan& scan) {
  const std::string after = scan.page.empty() ? std::string() : std::move(scan.page.back().key);
  scan.page.clear();
  scan.at = 0;
  size_t bytes = 0;
  TQ_TRY(
      store_.scan(scan.prefix, after, kPageRows, [&](std::string_view key, std::string_view value) {
        scan.page.push_back({std::string(key), std::string(value)});
        bytes += key.size() + value.size();
        return bytes < kPageBytes;
      }));
  scan.last_page = bytes < kPageBytes && scan.page.size() < kPageRows;
  return {};
}

Result<const StateRow*> StateService::next(tqp_scan& scan) {
  if (scan.failure) return *scan.failure;
  if (scan.at == scan.page.size() && !scan.last_page)
    if (auto read = read_page(scan); !read) {
      scan.failure = read.error();
      return std::move(read.error());
    }
  if (scan.at == scan.page.size()) return nullptr;
  return &scan.page[scan.at++];
}

}  // namespace tq
