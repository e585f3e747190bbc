// SPDX-License-Identifier: Apache-2.0
#include "store/dead_letters.hpp"

#include <string>

namespace tq {
namespace {

constexpr int64_t kKeptMost = 10'000;

constexpr const char* kAdd =
    "INSERT INTO dead_letter(type, value, reason, first_ms, at_ms, tries, retry) "
    "VALUES(?1, ?2, ?3, ?4, ?4, 1, 0) ON CONFLICT(type, value) DO UPDATE SET "
    "reason = excluded.reason, at_ms = excluded.at_ms, tries = tries + 1, retry = 0";

// What to select from, with the columns that the table has now.
Result<std::string> rows(Database& database) {
  TQ_ASSIGN(const int64_t layout, database.number("PRAGMA user_version"));
  if (layout > 1) return std::string("dead_letter");
  return std::string(
      "(SELECT id, type, value, reason, at_ms AS first_ms, at_ms, 1 AS tries, 0 AS retry "
      "FROM dead_letter)");
}

Result<bool> change_one(Database& database, const char* sql, int64_t id) {
  TQ_ASSIGN(Statement change, database.prepare(sql));
  return change.bind(1, id).step();
}

}  // namespace

// AUTOINCREMENT: the number of a letter that is gone never names another one.
const char* const kDeadLetterTable = R"(
  CREATE TABLE dead_letter(id INTEGER PRIMARY KEY AUTOINCREMENT, type BLOB NOT NULL,
                           value BLOB NOT NULL, reason BLOB NOT NULL, first_ms INTEGER NOT NULL,
                           at_ms INTEGER NOT NULL, tries INTEGER NOT NULL, retry INTEGER NOT NULL,
                           UNIQUE(type, value));
  CREATE INDEX dead_letter_by_time ON dead_letter(at_ms);
)";

Result<void> upgrade_dead_letters(Database& database) {
  TQ_TRY(database.run("ALTER TABLE dead_letter RENAME TO dead_letter_1"));
  TQ_TRY(database.run(kDeadLetterTable));
  // "WHERE true" tells the parser that ON belongs to the insertion, not to a join.
  return database.run(R"(
    INSERT INTO dead_letter(type, value, reason, first_ms, at_ms, tries, retry)
      SELECT type, value, reason, at_ms, at_ms, 1, 0 FROM dead_letter_1 WHERE true ORDER BY id
      ON CONFLICT(type, value) DO UPDATE SET
        reason = excluded.reason, at_ms = excluded.at_ms, tries = tries + 1;
    DROP TABLE dead_letter_1;
  )");
}

Result<void> add_dead_letters(Database& database, const std::vector<DeadLetter>& letters) {
  if (letters.empty()) return {};
  TQ_ASSIGN(Statement add, database.prepare(kAdd));
  for (const DeadLetter& letter : letters)
    TQ_TRY(add.bind(1, letter.type)
               .bind(2, letter.value)
               .bind(3, letter.reason)
               .bind(4, letter.at_ms)
               .run());
  TQ_ASSIGN(Statement trim,
            database.prepare("DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter "
                             "ORDER BY at_ms DESC, id DESC LIMIT -1 OFFSET ?1)"));
  return trim.bind(1, kKeptMost).run();
}

Result<void> resolve_dead_letters(Database& database, const std::set<LetterChanges::Item>& items) {
  if (items.empty()) return {};
  TQ_ASSIGN(Statement resolve,
            database.prepare("DELETE FROM dead_letter WHERE type = ?1 AND value = ?2"));
  for (const auto& [type, value] : items)
    TQ_TRY(resolve.bind(1, std::string_view(type)).bind(2, std::string_view(value)).run());
  return {};
}

Result<void> settle_dead_letters(Database& database, const std::vector<int64_t>& ids) {
  if (ids.empty()) return {};
  TQ_ASSIGN(Statement settle,
            database.prepare("DELETE FROM dead_letter WHERE id = ?1 AND retry = 1"));
  for (const int64_t id : ids) TQ_TRY(settle.bind(1, id).run());
  return {};
}

Result<bool> mark_dead_letter(Database& database, int64_t id) {
  return change_one(database, "UPDATE dead_letter SET retry = 1 WHERE id = ?1 RETURNING 1", id);
}

Result<bool> delete_dead_letter(Database& database, int64_t id) {
  return change_one(database, "DELETE FROM dead_letter WHERE id = ?1 RETURNING 1", id);
}

Result<uint64_t> count_unmarked_dead_letters(Database& database) {
  TQ_ASSIGN(const std::string from, rows(database));
  TQ_ASSIGN(const int64_t count,
            database.number(("SELECT count(*) FROM " + from + " WHERE retry = 0").c_str()));
  return static_cast<uint64_t>(count);
}

Result<void> visit_dead_letters(Database& database,
                                const std::function<bool(const DeadLetter&)>& visit) {
  TQ_ASSIGN(const std::string from, rows(database));
  TQ_ASSIGN(
      Statement scan,
      database.prepare(("SELECT type, value, reason, at_ms, first_ms, tries, retry, id FROM " +
                        from + " ORDER BY at_ms DESC, id DESC")
                           .c_str()));
  while (true) {
    TQ_ASSIGN(const bool row, scan.step());
    if (!row) return {};
    DeadLetter letter{std::string(scan.bytes(0)), std::string(scan.bytes(1)),
                      std::string(scan.bytes(2)), scan.number(3)};
    letter.first_ms = scan.number(4);
    letter.tries = static_cast<uint64_t>(scan.number(5));
    letter.retry = scan.number(6) != 0;
    letter.id = scan.number(7);
    if (!visit(letter)) return {};
  }
}

}  // namespace tq
