// SPDX-License-Identifier: Apache-2.0
// The regular expressions of schemas (ECMAScript's). Each is made once a process: a schema's are
// tried for every key and value, and making one costs a thousand times as much as using it. Any
// thread.
#pragma once

#include <optional>
#include <string>

namespace tq {

bool is_pattern(const std::string& pattern);

// Whether it matches anywhere in `text`. None: it is no pattern, or too complex for this text.
std::optional<bool> pattern_matches(const std::string& pattern, const std::string& text);

}  // namespace tq
