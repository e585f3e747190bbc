// SPDX-License-Identifier: Apache-2.0
// Database, Statement: SQLite with Results. Used by the store only. One thread; a Statement ends
// before its Database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tq {

class Statement {
 public:
  Statement() = default;

  // Parameters and columns count as SQLite does: from 1, from 0. What is bound outlives step().
  Statement& bind(int parameter, std::string_view bytes);
  Statement& bind(int parameter, int64_t number);

  // True: there is a row. After false or an error the statement is reset.
  Result<bool> step();
  // One step, whose row nobody needs.
  Result<void> run();
  void reset();

  std::string_view bytes(int column) const;  // until the next step or reset
  int64_t number(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  class Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode { kRead, kWrite };

  // The file must exist.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);

  Result<void> run(const std::string& sql);
  Result<Statement> prepare(const char* sql);
  Result<int64_t> number(const char* sql);  // the one number that the query answers

  // False: damaged, as far as a walk over the whole file tells.
  Result<bool> is_whole();

  bool in_transaction() const;

  // Everything committed, copied into a database of its own.
  Result<void> copy_to(const std::filesystem::path& file);

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* database) const;
  };

  explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
  Error error(int code) const;

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace tq
