// SPDX-License-Identifier: Apache-2.0
// What is done with the files of a state before it is opened for writing. Functions without state;
// one thread.
#pragma once

#include "core/file.hpp"
#include "core/result.hpp"
#include "store/store.hpp"

namespace tq {

// E_LIMITED, naming the holder: another process has it.
Result<FileLock> take_lease(const StoreOptions& options);

// Makes a missing file, and makes sure that nobody else reads an existing one.
Result<void> prepare_file(const StoreOptions& options);

// Renames a damaged file to state.db.damaged and makes an empty one. With the lease.
Result<void> set_aside(const StoreOptions& options);

}  // namespace tq
