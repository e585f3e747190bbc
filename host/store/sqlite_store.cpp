// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/file.hpp"
#include "core/text.hpp"
#include "store/dead_letters.hpp"
#include "store/layout.hpp"
#include "store/lineage.hpp"
#include "store/sqlite.hpp"
#include "store/state_files.hpp"
#include "store/store.hpp"

namespace tq {
namespace {

constexpr size_t kScanBytes = 1 << 20;  // read ahead of the visitor
constexpr size_t kScanRows = 1000;

struct Statements {
  Statement get, size, put, erase, scan, finish, rise;
};

enum class Access { kRead, kWrite };

Result<Statements> prepare(Database& database, Access access) {
  Statements out;
  TQ_ASSIGN(out.get, database.prepare("SELECT value FROM entry WHERE key = ?1"));
  TQ_ASSIGN(out.size, database.prepare("SELECT length(value) FROM entry WHERE key = ?1"));
  TQ_ASSIGN(out.put, database.prepare("INSERT INTO entry VALUES(?1, ?2) ON CONFLICT(key) DO "
                                      "UPDATE SET value = excluded.value"));
  TQ_ASSIGN(out.erase, database.prepare("DELETE FROM entry WHERE key = ?1"));
  TQ_ASSIGN(out.scan,
            database.prepare("SELECT key, value FROM entry WHERE key >= ?1 ORDER BY key"));
  // Finds no row when another process has raised the fence: it holds the lease now.
  TQ_ASSIGN(out.finish, database.prepare("UPDATE header SET bytes = ?1, schema = max(schema, ?3) "
                                         "WHERE fence = ?2 RETURNING 1"));
  if (access == Access::kRead) return out;  // an older file has no lineage yet
  TQ_ASSIGN(out.rise,
            database.prepare("UPDATE lineage SET generation = generation + 1, relearn = ?1 "
                             "RETURNING id, generation"));
  return out;
}

class SqliteStore : public Store {
 public:
  struct Opened {
    std::optional<FileLock> lease;      // nothing in a reader
    std::optional<LineageFile> beside;  // likewise
    Header header;
    Lineage lineage;
  };

  SqliteStore(StoreOptions options, std::unique_ptr<Database> database, Statements statements,
              Opened opened)
      : options_(std::move(options)),
        lease_(std::move(opened.lease)),
        beside_(std::move(opened.beside)),
        database_(std::move(database)),
        statements_(std::move(statements)),
        header_(opened.header),
        lineage_(std::move(opened.lineage)),
        bytes_(header_.bytes),
        relearn_(lineage_.relearn) {}

  ~SqliteStore() override { end_transaction(); }

  const std::string& instance() const override { return options_.instance; }
  int64_t schema() const override { return header_.schema; }

  Result<std::optional<std::string>> get(std::string_view key) override {
    TQ_ASSIGN(const bool row, statements_.get.bind(1, key).step());
    if (!row) return std::optional<std::string>();
    std::optional<std::string> value(statements_.get.bytes(0));
    statements_.get.reset();
    return value;
  }

  Result<void> put(std::string_view key, std::string_view value) override {
    return change([&] { return try_put(key, value); });
  }

  Result<void> erase(std::string_view key) override {
    return change([&] { return try_erase(key); });
  }

  Result<void> scan(std::string_view prefix, std::string_view after, size_t limit,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override;

  Result<void> commit() override {
    if (failure_) {
      Error failure = *std::move(failure_);
      rollback();
      return failure;
    }
    if (!database_->in_transaction() && letters_.empty() && settled_.empty()) return {};
    if (auto done = try_commit(); !done) {
      rollback();
      return done;
    }
    letters_.clear();
    settled_.clear();
    return {};
  }

  void raise_schema() override { rises_ = header_.schema < options_.schema; }

  void rollback() override {
    end_transaction();
    failure_.reset();
  }

  Relearn relearn() const override { return relearn_; }
  bool lineage_behind() const override { return lineage_behind_; }

  Result<void> set_relearn(Relearn why) override {
    return change([&]() -> Result<void> {
      relearn_ = why;
      return {};
    });
  }

  Result<void> add_dead_letter(const DeadLetter& letter) override {
    TQ_TRY(require_writable());
    letters_.refuse(letter);
    return {};
  }

  Result<void> resolve_dead_letter(std::string_view type, std::string_view value) override {
    TQ_TRY(require_writable());
    letters_.accept({std::string(type), std::string(value)});
    return {};
  }

  void drop_resolved() override { static_cast<void>(letters_.take_accepted()); }

  Result<uint64_t> count_dead_letters() override { return count_unmarked_dead_letters(*database_); }

  Result<void> scan_dead_letters(const std::function<bool(const DeadLetter&)>& visit) override {
    return visit_dead_letters(*database_, visit);
  }

  Result<bool> mark_dead_letter(int64_t id) override {
    return change_letter([&] { return tq::mark_dead_letter(*database_, id); });
  }

  Result<bool> drop_dead_letter(int64_t id) override {
    return change_letter([&] { return delete_dead_letter(*database_, id); });
  }

  Result<void> settle_dead_letter(int64_t id) override {
    TQ_TRY(require_writable());
    settled_.push_back(id);
    return {};
  }

  Result<void> backup(const std::filesystem::path& to) override {
    // A reader of its own sees what is committed and nothing else.
    TQ_ASSIGN(const auto source, Database::open(options_.file, Database::Mode::kRead));
    TQ_TRY(create_file(to));
    auto done = source->copy_to(to);
    if (done) done = mark_as_copy(to);
    if (!done) ::unlink(to.c_str());
    return done;
  }

  Result<void> reset() override {
    TQ_TRY(require_writable());
    rollback();
    letters_.clear();
    if (auto done = try_reset(); !done) {
      rollback();
      return done;
    }
    // Gives the space back; it is as empty without that.
    (void)database_->run("VACUUM");
    return {};
  }

 private:
  Result<void> require_writable() const {
    if (!options_.read_only) return {};
    return Error{Status::kBug, "the state " + options_.file.string() + " was opened for reading"};
  }

  Result<void> begin() {
    if (database_->in_transaction()) return {};
    return database_->run("BEGIN IMMEDIATE");
  }

  void end_transaction() {
    if (database_->in_transaction()) (void)database_->run("ROLLBACK");
    bytes_ = header_.bytes;
    relearn_ = lineage_.relearn;
    settled_.clear();
  }

  // SQLite itself rolls a transaction back after some errors; what came before the failed call must
  // not be committed without it.
  template <typename Work>
  Result<void> change(Work work) {
    TQ_TRY(require_writable());
    if (failure_) return *failure_;
    Result<void> done = begin();
    if (done) done = work();
    if (!done) {
      end_transaction();
      failure_ = done.error();
    }
    return done;
  }

  template <typename Work>
  Result<bool> change_letter(Work work) {
    bool found = false;
    TQ_TRY(change([&]() -> Result<void> {
      TQ_ASSIGN(found, work());
      return {};
    }));
    return found;
  }

  // Bytes of the key and its value, or 0 when there is none.
  Result<int64_t> size_of(std::string_view key) {
    TQ_ASSIGN(const bool row, statements_.size.bind(1, key).step());
    if (!row) return int64_t{0};
    const int64_t value = statements_.size.number(0);
    statements_.size.reset();
    return static_cast<int64_t>(key.size()) + value;
  }

  Result<void> try_put(std::string_view key, std::string_view value) {
    if (key.empty()) return Error{Status::kBug, "a key of the state has at least one byte"};
    TQ_ASSIGN(const int64_t before, size_of(key));
    const int64_t now = bytes_ - before + static_cast<int64_t>(key.size() + value.size());
    if (now > bytes_ && static_cast<uint64_t>(now) > options_.quota_bytes)
      return Error{Status::kConfig, "the state of " + options_.instance + " would be larger than " +
                                        std::to_string(options_.quota_bytes) +
                                        " bytes; choose smaller data collections"};
    TQ_TRY(statements_.put.bind(1, key).bind(2, value).run());
    bytes_ = now;
    return {};
  }

  Result<void> try_erase(std::string_view key) {
    TQ_ASSIGN(const int64_t before, size_of(key));
    TQ_TRY(statements_.erase.bind(1, key).run());
    bytes_ -= before;
    return {};
  }

  // Before the first commit of a newer schema; what never held anything has nothing to keep.
  Result<void> keep_older_schema() {
    if (!rises_ || header_.bytes == 0) return {};
    const auto copy = schema_copy_file(options_.file, header_.schema);
    // One that is there already is of an upgrade that did not come to its end.
    ::unlink(copy.c_str());
    return backup(copy);
  }

  // Ends the transaction unless the lease went to somebody else.
  Result<void> finish() {
    TQ_TRY(keep_older_schema());
    const int64_t schema = rises_ ? options_.schema : header_.schema;
    TQ_ASSIGN(const bool mine,
              statements_.finish.bind(1, bytes_).bind(2, header_.fence).bind(3, schema).step());
    if (!mine)
      return Error{Status::kTransient,
                   options_.instance + " lost the lease of its state " + options_.file.string() +
                       ": another process has opened it since; nothing was written"};
    statements_.finish.reset();
    TQ_ASSIGN(const bool row, statements_.rise.bind(1, static_cast<int64_t>(relearn_)).step());
    if (!row) return Error{Status::kBug, "the state " + options_.file.string() + " has no lineage"};
    Lineage lineage{std::string(statements_.rise.bytes(0)), statements_.rise.number(1), relearn_};
    statements_.rise.reset();
    TQ_TRY(database_->run("COMMIT"));
    // It is durable: nothing that fails from here on, memory neither, makes it a failure.
    header_.bytes = bytes_;
    header_.schema = schema;
    rises_ = false;
    lineage_ = std::move(lineage);
    lineage_behind_ = !beside_->follow(lineage_);
    return {};
  }

  Result<void> try_commit() {
    TQ_TRY(begin());
    // In this order: what was refused anew is not settled.
    TQ_TRY(add_dead_letters(*database_, letters_.refused()));
    TQ_TRY(resolve_dead_letters(*database_, letters_.accepted()));
    TQ_TRY(settle_dead_letters(*database_, settled_));
    return finish();
  }

  Result<void> try_reset() {
    TQ_TRY(begin());
    TQ_TRY(
        database_->run("DELETE FROM entry; DELETE FROM dead_letter; "
                       "UPDATE lineage SET id = lower(hex(randomblob(8))), generation = 0"));
    bytes_ = 0;
    relearn_ = Relearn::kNo;
    return finish();
  }

  struct Row {
    std::string key, value;
  };
  Result<std::vector<Row>> read_rows(const std::string& from, std::string_view prefix,
                                     size_t limit);

  StoreOptions options_;
  std::optional<FileLock> lease_;
  std::optional<LineageFile> beside_;
  std::unique_ptr<Database> database_;
  Statements statements_;
  Header header_;
  Lineage lineage_;
  bool lineage_behind_ = false;
  int64_t bytes_;       // with the transaction's own changes
  Relearn relearn_;     // likewise
  bool rises_ = false;  // with the next commit, to the schema of options_
  LetterChanges letters_;
  std::vector<int64_t> settled_;
  std::optional<Error> failure_;  // of the transaction
};

// At least one row, unless there is none.
Result<std::vector<SqliteStore::Row>> SqliteStore::read_rows(const std::string& from,
                                                             std::string_view prefix,
                                                             size_t limit) {
  std::vector<Row> rows;
  Statement& scan = statements_.scan.bind(1, from);
  for (size_t bytes = 0; rows.size() < limit && bytes < kScanBytes;) {
    TQ_ASSIGN(const bool row, scan.step());
    if (!row || scan.bytes(0).substr(0, prefix.size()) != prefix) break;
    rows.push_back({std::string(scan.bytes(0)), std::string(scan.bytes(1))});
    bytes += rows.back().key.size() + rows.back().value.size();
  }
  scan.reset();
  return rows;
}

// Rows are read ahead in pieces, so that no statement is open while `visit` changes or commits.
Result<void> SqliteStore::scan(
    std::string_view prefix, std::string_view after, size_t limit,
    const std::function<bool(std::string_view, std::string_view)>& visit) {
  // The least key that comes after another is that key with a zero byte behind it.
  std::string from(prefix);
  if (!after.empty() && after >= prefix) from = std::string(after) + '\0';
  while (limit > 0) {
    const size_t wanted = std::min(limit, kScanRows);
    TQ_ASSIGN(const auto rows, read_rows(from, prefix, wanted));
    if (rows.empty()) return {};
    for (const Row& row : rows)
      if (!visit(row.key, row.value)) return {};
    limit -= rows.size();
    from = rows.back().key + '\0';
  }
  return {};
}

Result<std::unique_ptr<Store>> open_to_read(const StoreOptions& options) {
  std::error_code error;
  const bool written = !options.missing_is_empty || std::filesystem::exists(options.file, error);
  TQ_ASSIGN(auto database, written ? Database::open(options.file, Database::Mode::kRead)
                                   : Database::open(":memory:", Database::Mode::kWrite));
  TQ_ASSIGN(const Header header,
            written ? read_header(*database, options) : take_over(*database, options));
  TQ_ASSIGN(Lineage lineage, read_lineage(*database));
  TQ_ASSIGN(Statements statements, prepare(*database, Access::kRead));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      options, std::move(database), std::move(statements),
      SqliteStore::Opened{std::nullopt, std::nullopt, header, std::move(lineage)}));
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  if (options.read_only) return open_to_read(options);
  TQ_ASSIGN(FileLock lease, take_lease(options));
  TQ_TRY(prepare_file(options));
  if (options.set_aside_damaged) TQ_TRY(set_aside(options));
  TQ_ASSIGN(auto database, Database::open(options.file, Database::Mode::kWrite));
  TQ_TRY(
      database->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = "
                    "-8192; PRAGMA journal_size_limit = 67108864"));
  TQ_ASSIGN(const Header header, take_over(*database, options));
  TQ_ASSIGN(LineageFile beside, LineageFile::open(LineageFile::beside(options.file)));
  TQ_ASSIGN(Lineage lineage, join_lineage(*database, beside));
  TQ_ASSIGN(Statements statements, prepare(*database, Access::kWrite));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      options, std::move(database), std::move(statements),
      SqliteStore::Opened{std::move(lease), std::move(beside), header, std::move(lineage)}));
}

}  // namespace tq
