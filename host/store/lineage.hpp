// SPDX-License-Identifier: Apache-2.0
// Lineage: which history a state file belongs to, how far it has come, and whether what it says has
// to be looked at before it is believed. It stands in the file and, written by the holder of the
// lease alone, once more beside it (LineageFile, docs/formats/state-db.md): a copy that is put back
// knows less than what stands beside it. Functions and values; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file.hpp"
#include "core/result.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace tq {

struct Lineage {
  std::string id;          // hexadecimal digits, anew for each file that begins with nothing
  int64_t generation = 0;  // raised by each commit
  Relearn relearn = Relearn::kNo;
};

// Makes the table where it is missing. In the caller's transaction.
Result<void> make_lineage(Database& database);
// A file of an older layout, with its new table: what it says has to be looked at, unless it says
// nothing. In the caller's transaction.
Result<void> mark_older(Database& database);
// Nothing is known of a file of an older layout.
Result<Lineage> read_lineage(Database& database);
// A copy is older than the original from now on: whoever puts it back has to look.
Result<void> mark_as_copy(const std::filesystem::path& copy);

// <instance's folder>/lineage.json. Its name does not begin with the state's, so that who copies
// state.db* there and back does not carry it along.
//
// It is never ahead of what is durable in the state: it is written after a commit. It is not synced
// then, so after a power cut it may lag behind, which is no alarm.
class LineageFile {
 public:
  static std::filesystem::path beside(const std::filesystem::path& state_file);

  // Makes nothing yet.
  static Result<LineageFile> open(const std::filesystem::path& file);

  // Whether the state is an older copy, or another history, than what was committed here last.
  bool betrays(const Lineage& state) const;
  int64_t generation() const { return known_ ? known_->generation : 0; }

  // Makes the file where it is missing, and waits until it is durable. Costs nothing when it says
  // so already.
  Result<void> settle(const Lineage& state);
  // After a commit. False: it could not be written and is left behind, as by a power cut. Throws
  // nothing.
  bool follow(const Lineage& state);

 private:
  explicit LineageFile(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> write(const Lineage& state);

  std::filesystem::path file_;
  UniqueFd fd_;
  std::optional<Lineage> known_;  // what it says
};

// Finds out whether the file was put back, marks it then, and brings both up to the same.
Result<Lineage> join_lineage(Database& database, LineageFile& beside);

}  // namespace tq
