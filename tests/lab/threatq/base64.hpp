// SPDX-License-Identifier: Apache-2.0
// Base64 with padding, as in Basic credentials and cursor marks. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lab::threatq {

std::string base64(std::string_view bytes);

// Empty when it is none.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace lab::threatq
