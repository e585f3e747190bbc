// SPDX-License-Identifier: Apache-2.0
#include "store/layout.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/file.hpp"
#include "core/text.hpp"
#include "store/dead_letters.hpp"
#include "store/lineage.hpp"

namespace tq {
namespace {

constexpr int64_t kApplicationId = 0x74716873;  // "tqhs", in the header of the SQLite file
constexpr int64_t kLayout = 3;

constexpr const char* kTables = R"(
  CREATE TABLE header(instance BLOB NOT NULL, schema INTEGER NOT NULL, fence INTEGER NOT NULL,
                      bytes INTEGER NOT NULL);
  CREATE TABLE entry(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)";

Error refuse(const StoreOptions& options, const std::string& why) {
  return {Status::kConfig, "the state " + options.file.string() + " " + why};
}

Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work) {
  TQ_TRY(database.run("BEGIN IMMEDIATE"));
  auto done = work();
  if (done) done = database.run("COMMIT");
  if (!done && database.in_transaction()) (void)database.run("ROLLBACK");
  return done;
}

Result<bool> is_empty(Database& database) {
  TQ_ASSIGN(const int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
  return tables == 0;
}

Result<void> check_layout(Database& database, const StoreOptions& options) {
  TQ_ASSIGN(const int64_t application, database.number("PRAGMA application_id"));
  TQ_ASSIGN(const int64_t layout, database.number("PRAGMA user_version"));
  if (application != kApplicationId) return refuse(options, "is no state of tqhost");
  if (layout > kLayout)
    return refuse(options, "was written by a newer tqhost: its layout is " +
                               std::to_string(layout) + ", this one knows " +
                               std::to_string(kLayout));
  return {};
}

Result<void> set_layout(Database& database) {
  return database.run("PRAGMA user_version = " + std::to_string(kLayout));
}

Result<void> make_tables(Database& database, const StoreOptions& options) {
  return in_transaction(database, [&]() -> Result<void> {
    TQ_TRY(database.run(kTables));
    TQ_TRY(database.run(kDeadLetterTable));
    TQ_TRY(make_lineage(database));
    TQ_TRY(database.run("PRAGMA application_id = " + std::to_string(kApplicationId)));
    TQ_TRY(set_layout(database));
    TQ_ASSIGN(Statement insert, database.prepare("INSERT INTO header VALUES(?1, ?2, 0, 0)"));
    const int64_t schema = options.raise_schema ? options.schema : 1;
    return insert.bind(1, options.instance).bind(2, schema).run();
  });
}

Result<void> keep_copy(Database& database, const StoreOptions& options, int64_t schema) {
  const std::filesystem::path copy = schema_copy_file(options.file, schema);
  // One that is there already is of an upgrade that did not come to its end.
  ::unlink(copy.c_str());
  TQ_TRY(create_file(copy));
  TQ_TRY(database.copy_to(copy));
  return mark_as_copy(copy);
}

}  // namespace

std::filesystem::path schema_copy_file(const std::filesystem::path& file, int64_t schema) {
  return file.string() + ".schema" + std::to_string(schema);
}

Result<void> create_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error(Status::kConfig, "cannot make the file", file, errno);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const UniqueFd folder_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_fd || ::fsync(folder_fd.get()) != 0)
    return errno_error(Status::kTransient, "cannot write the folder", folder, errno);
  return {};
}

Result<Header> read_header(Database& database, const StoreOptions& options) {
  TQ_ASSIGN(const bool empty, is_empty(database));
  if (empty) return refuse(options, "holds nothing yet");
  TQ_TRY(check_layout(database, options));
  TQ_ASSIGN(Statement select,
            database.prepare("SELECT schema, fence, bytes, instance FROM header"));
  TQ_ASSIGN(const bool row, select.step());
  if (!row) return refuse(options, "has no header");
  const Header header{select.number(0), select.number(1), select.number(2)};
  if (select.bytes(3) != options.instance)
    return refuse(options, "is that of the instance " + printable(select.bytes(3)) + ", not of " +
                               options.instance +
                               "; `tqhost state export` and `import` carry it over");
  if (header.schema > options.schema)
    return refuse(options, "has schema " + std::to_string(header.schema) +
                               ", this plugin knows only up to " + std::to_string(options.schema) +
                               ": install the newer plugin again");
  return header;
}

Result<Header> take_over(Database& database, const StoreOptions& options) {
  TQ_ASSIGN(const bool empty, is_empty(database));
  if (empty) TQ_TRY(make_tables(database, options));
  TQ_ASSIGN(Header header, read_header(database, options));
  const int64_t schema = options.raise_schema ? options.schema : header.schema;
  if (header.schema < schema) TQ_TRY(keep_copy(database, options, header.schema));
  TQ_ASSIGN(const int64_t layout, database.number("PRAGMA user_version"));
  const auto taken = in_transaction(database, [&]() -> Result<void> {
    if (layout < kLayout) {
      if (layout < 2) TQ_TRY(upgrade_dead_letters(database));
      TQ_TRY(make_lineage(database));
      TQ_TRY(mark_older(database));
      TQ_TRY(set_layout(database));
    }
    TQ_ASSIGN(Statement raise,
              database.prepare("UPDATE header SET fence = fence + 1, schema = ?1 RETURNING fence"));
    TQ_ASSIGN(const bool row, raise.bind(1, schema).step());
    if (!row) return refuse(options, "has no header");
    header.fence = raise.number(0);
    raise.reset();
    return {};
  });
  TQ_TRY(taken);
  header.schema = schema;
  return header;
}

}  // namespace tq
