// SPDX-License-Identifier: Apache-2.0
// What a person most likely meant by a word that is not known. Values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tq {

// The candidate that a person most likely meant, or "" when none is near (edit distance at most a
// third of the length).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// All that are so near, the nearest first, at most so many.
std::vector<std::string> nearest_few(std::string_view word,
                                     const std::vector<std::string>& candidates, size_t most);

}  // namespace tq
