// SPDX-License-Identifier: Apache-2.0
// One request on its way to the handler of its route, with checked access to its parts. One
// thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/service.hpp"
#include "lab/threatq/accounts.hpp"

namespace lab::threatq {

struct Call {
  const Request& request;
  std::vector<std::string> parts;  // variable segments of the path, in order
  const Account* who = nullptr;    // null only where no token is needed

  std::uint64_t id(std::size_t part) const;  // a segment that is a number

  // The body. Empty counts as an empty object. Throws Refusal.
  Json json() const;
  Json object() const;

  // Parameters that a call does not know are not looked at, as members of a body are not.
  std::optional<std::size_t> number(std::string_view parameter) const;
  std::string text(std::string_view parameter) const {
    return request.parameter(parameter).value_or("");
  }
};

// Others are refused, by name: for what is a form of our own, where they are mistakes.
void allow_members(const Json& object, std::initializer_list<std::string_view> names);

// {"data": ...}
Response data(Json value, int status = 200);
// {"total", "data": [...]}
Response data_list(Json items, int status = 200);
// A body that is JSON already.
Response text_response(std::string body, int status = 200);
Response no_content();

[[noreturn]] void not_found(const std::string& what);

}  // namespace lab::threatq
