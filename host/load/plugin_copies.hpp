// SPDX-License-Identifier: Apache-2.0
// The verified copies of plugin files, <state>/plugins/<digest>.so: made, counted, and collected.
// Workers load these and never what people drop. Functions without state; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/result.hpp"
#include "load/registry.hpp"

namespace tq {

constexpr size_t kOldCopiesKept = 3;  // of each plugin, beside those that are needed

std::filesystem::path copies_folder(const std::filesystem::path& state_dir);
std::filesystem::path copy_file(const std::filesystem::path& state_dir, const std::string& digest);

// Copies the file to <state>/plugins/<digest>.so (fsync, rename, 0444) unless that copy is there
// and intact.
Result<std::filesystem::path> take_copy(const FoundPlugin& plugin,
                                        const std::filesystem::path& state_dir);

// Digests of the copies that are there.
std::vector<std::string> kept_copies(const std::filesystem::path& state_dir);

// While it lives, nobody collects the copy. Nothing when the copy cannot be opened.
UniqueFd hold_copy(const std::filesystem::path& copy);

// Removes what nobody needs: of each plugin all copies but the chosen one, the pinned one, those in
// `needed`, those that are held, and the last kOldCopiesKept others; and what writers that died
// have left: with `all_drafts` any, else those that nobody has written to for a minute.
void collect_copies(const std::filesystem::path& state_dir, const std::vector<std::string>& needed,
                    bool all_drafts);

}  // namespace tq
