// SPDX-License-Identifier: Apache-2.0
// gzip in memory. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lab {

std::string gzip(std::string_view plain);

// Also takes zlib's own format ("deflate"). Empty when the data is damaged, cut, or gives more than
// max_bytes.
std::optional<std::string> gunzip(std::string_view packed, std::size_t max_bytes);

}  // namespace lab
