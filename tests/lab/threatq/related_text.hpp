// SPDX-License-Identifier: Apache-2.0
// Writes what hangs on an indicator as JSON. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/threatq/context.hpp"

namespace lab::threatq {

// The indicator that the related row belongs to, by its ids on the wire.
struct Owner {
  IndicatorId id = 0;
  std::uint32_t type_id = 0;
  std::uint32_t status_id = 0;
};

// As in searches: all in one object; only these parts of it unless there are none.
void append_flat_source(const Source& source, const Owner& owner,
                        const std::vector<std::string>& parts, std::string& to);
// As in single indicators, with its pivot.
void append_source(const Source& source, const Owner& owner, std::string& to);
void append_attribute(const Attribute& attribute, const Owner& owner,
                      const std::vector<std::string>& parts, std::string& to);
void append_tag(const Tag& tag, std::string& to);
void append_comment(const Comment& comment, const Owner& owner, std::string& to);

// An array of what `append_one(item, to)` writes.
template <typename Items, typename Append>
void append_array(const Items& items, std::string& to, Append append_one) {
  to += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) to += ',';
    first = false;
    append_one(item, to);
  }
  to += ']';
}

}  // namespace lab::threatq
