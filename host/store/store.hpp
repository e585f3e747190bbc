// SPDX-License-Identifier: Apache-2.0
// Store: the durable state of one instance: keys to bytes with explicit transactions, and its dead
// letters. One thread. What a commit() that returned has written survives a power cut. Puts are
// seen by the same Store before the commit. After a failed put or erase the transaction is dead:
// all further ones and its commit fail the same way and nothing of it is kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

struct StoreOptions {
  std::filesystem::path file;  // <state>/<instance>/state.db
  std::string instance;
  int64_t schema =
      1;  // the plugin's state schema number; a newer one in the file is refused by name
  uint64_t quota_bytes = 512ULL << 20;
  bool read_only = false;  // for `state ls` and `why` beside a running worker
  // With read_only: a file that was never written reads as a new one, and looking leaves nothing.
  bool missing_is_empty = false;
  // false: an older file stays as it is, and a new one is of schema 1, until raise_schema().
  bool raise_schema = true;
  // Renames a damaged file to state.db.damaged and begins anew, for `state reset` and `import`.
  bool set_aside_damaged = false;
};

// Why what stands at the remote may differ from what the state says. The numbers stand in files.
enum class Relearn : int64_t {
  kNo = 0,
  // A run that records nothing (--no-differential) has sent something, or may have.
  kUnrecorded = 1,
  kImported = 2,  // by `state import`
  kRestored = 3,  // the file is an older copy, or one from elsewhere
  kOlder = 4      // it is of an older tqhost, which did not note any of that
};

// An item that a remote refused. There is one for each (type, value).
struct DeadLetter {
  std::string type, value, reason;  // reason: of the last refusal
  int64_t at_ms = 0;                // likewise
  // Set by the store:
  int64_t first_ms = 0;
  uint64_t tries = 1;
  bool retry = false;  // a person wants it offered again
  int64_t id = 0;
};

class Store {
 public:
  // SQLite. E_CONFIG: cannot be opened; E_LIMITED: another process holds the instance's lease.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  virtual ~Store() = default;

  virtual const std::string& instance() const = 0;
  virtual int64_t schema() const = 0;  // of what the file holds

  virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  virtual Result<void> put(std::string_view key, std::string_view value) = 0;
  virtual Result<void> erase(std::string_view key) = 0;
  // Keys with the prefix in byte order, strictly after `after` when that is not empty; at most
  // `limit`. `visit` returns false to stop. Puts and erases during a scan are allowed.
  virtual Result<void> scan(
      std::string_view prefix, std::string_view after, size_t limit,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  virtual Result<void> commit() = 0;
  // From the next commit on the file is of the schema that it was opened for, and an older plugin
  // refuses it; a copy of the older one is kept. For when the plugin has proved that it starts.
  virtual void raise_schema() {}
  virtual void rollback() = 0;

  // With the open transaction's own change.
  virtual Relearn relearn() const = 0;
  // In the open transaction.
  virtual Result<void> set_relearn(Relearn why) = 0;

  // Durable with the next commit, kept by rollback; the newest 10,000 are kept. An item that has a
  // letter already gets one try more and is no longer marked for retry.
  virtual Result<void> add_dead_letter(const DeadLetter& letter) = 0;
  // The remote has taken the item after all: its letter, if there is one, goes with the next
  // commit, unless it is added again by then. Kept by rollback.
  virtual Result<void> resolve_dead_letter(std::string_view type, std::string_view value) = 0;
  // What resolve_dead_letter() was told and no commit has made durable is forgotten.
  virtual void drop_resolved() = 0;
  // Those that are committed and not marked.
  virtual Result<uint64_t> count_dead_letters() = 0;
  // All that are committed, newest first. `visit` returns false to stop, and changes nothing.
  virtual Result<void> scan_dead_letters(
      const std::function<bool(const DeadLetter& letter)>& visit) = 0;
  // In the open transaction. False: there is no letter of this number.
  virtual Result<bool> mark_dead_letter(int64_t id) = 0;
  virtual Result<bool> drop_dead_letter(int64_t id) = 0;
  // One that is marked goes with the next commit, unless the item was added again by then.
  virtual Result<void> settle_dead_letter(int64_t id) = 0;

  // A consistent copy of what is committed in a new file, also while a worker writes.
  virtual Result<void> backup(const std::filesystem::path& to) = 0;
  // Everything of the instance is gone, as after the first start.
  virtual Result<void> reset() = 0;
  // The last commit could not be noted beside the state: an older copy that is put back before the
  // next run looks as good as this one.
  virtual bool lineage_behind() const { return false; }
};

}  // namespace tq
