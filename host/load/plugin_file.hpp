// SPDX-License-Identifier: Apache-2.0
// Reads a plugin file that only its owner could have changed. Functions without state; any thread.
#pragma once

#include <filesystem>
#include <string>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

// The whole content. E_CONFIG: no regular file, of another user than root or us, one that anybody
// may write, too large, or unreadable; the message does not repeat the path.
Result<std::string> read_plugin_file(const std::filesystem::path& file);

// The same on an open descriptor, read from its beginning.
Result<std::string> read_plugin_file(int fd);

// E_CONFIG when anybody may put files there.
Result<void> check_plugin_folder(const std::filesystem::path& folder);

}  // namespace tq
