// SPDX-License-Identifier: Apache-2.0
// What the service, and the vendor's client library before it, accept as values and links. Any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace lab::cbc {

// A field whose values have a known form.
bool is_known_field(std::string_view field);

// Answers why not; empty: accepted.
std::string why_not_value(std::string_view field, std::string_view value);

// URL, domain or IPv4 as the client library's validate() takes them: no single-label host, no
// blank.
std::string why_not_link(std::string_view link);

}  // namespace lab::cbc
