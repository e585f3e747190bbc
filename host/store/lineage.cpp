// SPDX-License-Identifier: Apache-2.0
#include "store/lineage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/json.hpp"
#include "core/record_json.hpp"
#include "core/thread.hpp"
#include "store/layout.hpp"

namespace tq {
namespace {

constexpr size_t kLineBytes = 80;  // one sector holds it: it is written whole or not at all

constexpr const char* kTable = R"(
  CREATE TABLE IF NOT EXISTS lineage(id TEXT NOT NULL, generation INTEGER NOT NULL,
                                     relearn INTEGER NOT NULL);
  INSERT INTO lineage SELECT lower(hex(randomblob(8))), 0, 0
    WHERE NOT EXISTS(SELECT 1 FROM lineage);
)";

Relearn relearn_of(int64_t number) {
  switch (number) {
    case 0:
      return Relearn::kNo;
    case 1:
      return Relearn::kUnrecorded;
    case 2:
      return Relearn::kImported;
    case 4:
      return Relearn::kOlder;
    default:
      return Relearn::kRestored;
  }
}

Result<void> mark_restored(Database& database, int64_t generation) {
  TQ_ASSIGN(Statement mark, database.prepare("UPDATE lineage SET generation = ?1, relearn = ?2"));
  return mark.bind(1, generation).bind(2, static_cast<int64_t>(Relearn::kRestored)).run();
}

}  // namespace

Result<void> make_lineage(Database& database) { return database.run(kTable); }

Result<void> mark_older(Database& database) {
  TQ_ASSIGN(Statement mark, database.prepare("UPDATE lineage SET relearn = ?1 "
                                             "WHERE EXISTS(SELECT 1 FROM entry)"));
  return mark.bind(1, static_cast<int64_t>(Relearn::kOlder)).run();
}

Result<Lineage> read_lineage(Database& database) {
  TQ_ASSIGN(const int64_t tables,
            database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'lineage'"));
  if (tables == 0) return Lineage{};
  TQ_ASSIGN(Statement select, database.prepare("SELECT id, generation, relearn FROM lineage"));
  TQ_ASSIGN(const bool row, select.step());
  if (!row) return Lineage{};
  return Lineage{std::string(select.bytes(0)), select.number(1), relearn_of(select.number(2))};
}

Result<void> mark_as_copy(const std::filesystem::path& copy) {
  TQ_ASSIGN(const auto database, Database::open(copy, Database::Mode::kWrite));
  TQ_ASSIGN(const Lineage lineage, read_lineage(*database));
  if (lineage.id.empty()) return {};  // of an older layout: what stands beside it will tell
  return mark_restored(*database, lineage.generation);
}

std::filesystem::path LineageFile::beside(const std::filesystem::path& state_file) {
  return state_file.parent_path() / "lineage.json";
}

Result<LineageFile> LineageFile::open(const std::filesystem::path& file) {
  LineageFile out(file);
  std::error_code error;
  if (std::filesystem::symlink_status(file, error).type() == std::filesystem::file_type::not_found)
    return out;
  TQ_ASSIGN(out.fd_, open_file(file, O_RDWR | O_NOFOLLOW));
  std::string line(kLineBytes, '\0');
  const ssize_t got = ::pread(out.fd_.get(), line.data(), line.size(), 0);
  if (got < 0) return errno_error(Status::kTransient, "cannot read", file, errno);
  line.resize(static_cast<size_t>(got));
  // Unreadable is as good as missing.
  const auto json = parse_json(line, file.string());
  if (json && json->is_object())
    out.known_ = Lineage{text_at(*json, "state"), number_at<int64_t>(*json, "generation"), {}};
  return out;
}

bool LineageFile::betrays(const Lineage& state) const {
  if (!known_) return state.generation > 0;
  return known_->generation > 0 &&
         (known_->id != state.id || known_->generation > state.generation);
}

Result<void> LineageFile::settle(const Lineage& state) {
  const bool says_so = known_ && known_->id == state.id && known_->generation == state.generation;
  if (says_so) return {};
  if (!fd_) {
    TQ_TRY(create_file(file_));
    TQ_ASSIGN(fd_, open_file(file_, O_RDWR | O_NOFOLLOW));
  }
  TQ_TRY(write(state));
  if (::fdatasync(fd_.get()) != 0)
    return errno_error(Status::kTransient, "cannot write", file_, errno);
  return {};
}

bool LineageFile::follow(const Lineage& state) {
  return fd_ && contain("writing lineage.json", [&] { return write(state); });
}

Result<void> LineageFile::write(const Lineage& state) {
  // By hand: the JSON library ends the process when memory runs out. The id is hex digits.
  std::string line =
      R"({"state":")" + state.id + R"(","generation":)" + std::to_string(state.generation) + "}";
  line.resize(std::max(line.size(), kLineBytes - 1), ' ');
  line += '\n';
  if (::pwrite(fd_.get(), line.data(), line.size(), 0) != static_cast<ssize_t>(line.size()))
    return errno_error(Status::kTransient, "cannot write", file_, errno);
  known_ = state;
  return {};
}

Result<Lineage> join_lineage(Database& database, LineageFile& beside) {
  TQ_ASSIGN(Lineage lineage, read_lineage(database));
  if (beside.betrays(lineage)) {
    // Above both: later copies of either are older again.
    lineage.generation = std::max(lineage.generation, beside.generation()) + 1;
    lineage.relearn = Relearn::kRestored;
    TQ_TRY(mark_restored(database, lineage.generation));
  }
  TQ_TRY(beside.settle(lineage));
  return lineage;
}

}  // namespace tq
