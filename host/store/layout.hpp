// SPDX-License-Identifier: Apache-2.0
// The tables of a state file: made, checked, and brought to a newer schema of the plugin. Functions
// without state; one thread.
#pragma once

#include "core/result.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace tq {

struct Header {
  int64_t schema = 0;  // of the plugin's state
  int64_t fence = 0;   // raised by each that opens the file for writing
  int64_t bytes = 0;   // of all keys and values
};

// Opens for reading: E_CONFIG when the file is not this instance's state or of a newer schema.
Result<Header> read_header(Database& database, const StoreOptions& options);

// Opens for writing: makes the tables of an empty file, brings tables of an older tqhost up to
// date, brings an older schema up to `options.schema` with a copy kept in state.db.schemaN (not
// without options.raise_schema), raises the fence.
Result<Header> take_over(Database& database, const StoreOptions& options);

// Where the copy is kept of what was of that older schema.
std::filesystem::path schema_copy_file(const std::filesystem::path& file, int64_t schema);

// A new file of mode 0600; E_CONFIG when there is one already.
Result<void> create_file(const std::filesystem::path& file);

}  // namespace tq
