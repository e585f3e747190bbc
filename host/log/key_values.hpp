// SPDX-License-Identifier: Apache-2.0
// The values behind keys that hold secrets, in what a header, JSON, a form, a query or a setting
// looks like. Prose behind such a word ("token: must not be empty") is nobody's value. Pure; any
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tq {

// The text with "***" for each such value. `is_key` knows the keys, in any letter case.
std::string mask_key_values(std::string text, const std::function<bool(std::string_view)>& is_key);

}  // namespace tq
