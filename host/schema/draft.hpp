// SPDX-License-Identifier: Apache-2.0
// Replaces a file by way of a draft with one fixed name beside it, so that what a write that was
// cut off left behind does not outlive the next one: a vault that forgets a key must not keep old
// drafts. One writer at a time.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/result.hpp"

namespace tq {

// The file (mode 0600) holds the old content or the new one, never a part, and is durable when this
// returns.
Result<void> replace_by_draft(const std::filesystem::path& file, std::string_view bytes);

}  // namespace tq
