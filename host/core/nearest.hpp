// SPDX-License-Identifier: Apache-2.0
// What a person most likely meant by a word that is not known; text.hpp has nearest(), which gives
// the first of them. Values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tq {

// The candidates whose edit distance is at most a third of the length, the nearest first, at most
// so many.
std::vector<std::string> nearest_few(std::string_view word,
                                     const std::vector<std::string>& candidates, size_t most);

}  // namespace tq
