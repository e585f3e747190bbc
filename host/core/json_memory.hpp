// SPDX-License-Identifier: Apache-2.0
// What large JSON documents cost: how many values parse_json() takes, and how a document goes when
// there is no memory left. Pure functions.
#pragma once

#include <cstddef>

#include "core/json.hpp"

namespace tq {

// parse_json() refuses a document that has more with E_DATA. Each takes 16 bytes and more, whatever
// it takes in the text: "[]" takes 2 there.
constexpr size_t kMostJsonValues = 1'000'000;

// Empties it without taking memory, which the library's own way does: for large documents that are
// given up when there is none left.
void dismantle(Json& json) noexcept;

}  // namespace tq
