// SPDX-License-Identifier: Apache-2.0
// The templates of a manifest's auth entries (docs/formats/manifest.md), parsed but not expanded.
// Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tq {

struct TemplatePart {
  enum class Kind { kText, kSetting, kUnixSeconds, kMethod, kTarget, kHmacSha256 };

  Kind kind = Kind::kText;
  std::string text{};                 // kText: itself; kSetting, kHmacSha256: the JSON pointer
  std::vector<TemplatePart> inner{};  // kHmacSha256: what is signed
};

// E_CONFIG says what is wrong with it: an unknown form, a brace without its partner, nested too
// deep.
Result<std::vector<TemplatePart>> parse_auth_template(std::string_view text);

// Pointers to the settings that it uses, in their order.
std::vector<std::string> settings_of(const std::vector<TemplatePart>& parts);

// "/api_fqdn", "/a~1b/0": starts with a slash, "~" only as "~0" or "~1", no control characters.
bool is_json_pointer(std::string_view text);

}  // namespace tq
