// SPDX-License-Identifier: Apache-2.0
// The table of a state file that holds what remotes refused: one row for each item (type, value).
// Functions without state, used by the store only; changes belong to the caller's transaction. One
// thread.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "core/result.hpp"
#include "store/letter_changes.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace tq {

extern const char* const kDeadLetterTable;  // what makes it

// From the first layout, which had one row for each refusal.
Result<void> upgrade_dead_letters(Database& database);

// An item that has a letter gets one try more and is no longer marked. Keeps the newest 10,000.
Result<void> add_dead_letters(Database& database, const std::vector<DeadLetter>& letters);
// Deletes the letters of items that were taken after all; what has none costs nothing.
Result<void> resolve_dead_letters(Database& database, const std::set<LetterChanges::Item>& items);
// Deletes those of them that are still marked.
Result<void> settle_dead_letters(Database& database, const std::vector<int64_t>& ids);

// False: there is no such letter.
Result<bool> mark_dead_letter(Database& database, int64_t id);
Result<bool> delete_dead_letter(Database& database, int64_t id);

// These two also read the first layout, which a reader cannot upgrade.
Result<uint64_t> count_unmarked_dead_letters(Database& database);
Result<void> visit_dead_letters(Database& database,
                                const std::function<bool(const DeadLetter&)>& visit);

}  // namespace tq
