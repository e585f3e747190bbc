// SPDX-License-Identifier: Apache-2.0
// Challenge: one way to log in that an answer offers (RFC 9110, 11.6). Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.hpp"

namespace tq {

struct Challenge {
  std::string scheme;  // as it was sent
  std::string token;   // of a scheme that has one in the place of parameters, such as NTLM
  // Names in lower case; values without the quotes around them, and otherwise as they were sent.
  std::vector<std::pair<std::string, std::string>> parameters;

  bool is(std::string_view name) const;                       // compares without case
  const std::string* find(std::string_view parameter) const;  // null: there is none
};

// All of the header fields of this name, in their order. What cannot be read ends its field.
std::vector<Challenge> parse_challenges(const Headers& fields, std::string_view name);

}  // namespace tq
