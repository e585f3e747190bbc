// SPDX-License-Identifier: Apache-2.0
// Bytes in lines of JSON: as they are when people can read them, else in Base64. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tq {

// Well-formed UTF-8 without control characters: JSON carries it unchanged.
bool is_plain_text(std::string_view bytes);

// Nothing when the text is not padded standard Base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tq
