// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include "core/file.hpp"

namespace tq {
namespace {

constexpr int kBusyMs = 5000;

bool is_damage(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

// SQLite tells a full disk apart, but not a quota or a limit of the user.
bool is_failed_write(int code) {
  return code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_FSYNC;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL instead of no bytes.
  const char* from = bytes.data() == nullptr ? "" : bytes.data();
  sqlite3_bind_blob64(statement_.get(), parameter, from, bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(int parameter, int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = database_->error(code);
  reset();
  return error;
}

Result<void> Statement::run() {
  TQ_TRY(step());
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string_view Statement::bytes(int column) const {
  const void* from = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const char*>(from), size};
}

int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode) {
  // Only looked at: closing a descriptor of a file would take away the locks that SQLite has on it.
  if (file != ":memory:")
    for (const char* part : {"", "-wal", "-shm", "-journal"})
      TQ_TRY(check_regular(file.string() + part, O_NOFOLLOW, "cannot open the state"));
  std::unique_ptr<Database> out(new Database(file));
  sqlite3* raw = nullptr;
  const int flags = mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(file.c_str(), &raw,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  out->database_.reset(raw);
  if (code != SQLITE_OK) return out->error(code);
  sqlite3_busy_timeout(raw, kBusyMs);
  return out;
}

Result<void> Database::run(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error(code);
  Statement statement;
  statement.database_ = this;
  statement.statement_.reset(raw);
  return statement;
}

Result<int64_t> Database::number(const char* sql) {
  TQ_ASSIGN(Statement statement, prepare(sql));
  TQ_ASSIGN(const bool row, statement.step());
  if (!row) return Error{Status::kConfig, "the state " + file_.string() + " has no header"};
  return statement.number(0);
}

Result<bool> Database::is_whole() {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(database_.get(), "PRAGMA quick_check(1)", -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, Statement::Finalize> statement(raw);
  if (code == SQLITE_OK) code = sqlite3_step(raw);
  if (is_damage(code)) return false;
  if (code != SQLITE_ROW) return error(code);
  return std::string_view(reinterpret_cast<const char*>(sqlite3_column_text(raw, 0))) == "ok";
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

Result<void> Database::copy_to(const std::filesystem::path& file) {
  TQ_ASSIGN(const auto to, open(file, Mode::kWrite));
  sqlite3_backup* backup =
      sqlite3_backup_init(to->database_.get(), "main", database_.get(), "main");
  if (backup == nullptr) return to->error(sqlite3_extended_errcode(to->database_.get()));
  const int code = sqlite3_backup_step(backup, -1);
  // A failure of reading stands in the code alone, one of writing also in the connection.
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return to->error(code);
  if (finished != SQLITE_OK) return to->error(finished);
  return {};
}

// What the code means for the caller: a person must act, or it passes.
Error Database::error(int code) const {
  const std::string state = "the state " + file_.string();
  const std::string reason = sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Status::kTransient, state + " cannot be written: the disk is full"};
    case SQLITE_IOERR:
      if (is_failed_write(code))
        return {Status::kTransient, state + " cannot be written (" + reason +
                                        "): is the disk full, or a quota used up?"};
      return {Status::kTransient, state + " cannot be read or written: " + reason};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Status::kTransient, state + " is in use by another process: " + reason};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Status::kConfig,
              state + " is damaged (" + reason +
                  "): restore a backup of it, or use `tqhost state reset`, which keeps the damaged "
                  "file aside, and then `tqhost state import`"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Status::kConfig, state + " cannot be opened or written: " + reason};
    case SQLITE_NOMEM:
      return {Status::kTransient, state + ": no memory"};
    default:
      return {Status::kBug, state + ": " + sqlite3_errmsg(database_.get())};
  }
}

}  // namespace tq
