// SPDX-License-Identifier: Apache-2.0
// What stands at the ends of a typed, pasted or saved value without being seen, and files in an
// encoding that nobody reads. Pure; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

// Without a byte order mark in front and one end of a line behind, which editors, echo and pipes
// add. Everything else that cannot be seen stays: it may be meant.
std::string_view cut_ends(std::string_view value);

// "ends in a blank", "begins with a no-break space (U+00A0) and ends in a tab"; "": both ends can
// be seen.
std::string invisible_ends(std::string_view value);

// For the refusal of values: "; note that the API ID ends in a blank: if ...", or "". Each is a
// name, "the API ID", and a value, of which nothing is shown.
std::string note_invisible_ends(
    const std::vector<std::pair<std::string, std::string_view>>& values);

// By a byte order mark, or because every other byte of the beginning is zero.
bool is_utf16(std::string_view bytes);

// read_file() for text. E_CONFIG also when it is UTF-16: "... is UTF-16; save it as UTF-8".
Result<std::string> read_text_file(const std::filesystem::path& path, size_t limit,
                                   Pipes pipes = Pipes::kRefuse);

Error utf16_error(const std::string& what);

}  // namespace tq
