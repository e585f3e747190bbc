// SPDX-License-Identifier: Apache-2.0
#include "lab/service.hpp"

#include <strings.h>

#include <algorithm>

namespace lab {
namespace {

constexpr std::size_t kOpaqueLength = 16;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_variable(std::string_view segment) {
  const auto digits = std::count_if(segment.begin(), segment.end(), is_digit);
  return !segment.empty() && (static_cast<std::size_t>(digits) == segment.size() ||
                              (digits > 0 && segment.size() >= kOpaqueLength));
}

}  // namespace

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

Response Response::json(int status, const Json& body) {
  Response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

std::string Service::route(const Request& request) const {
  std::string result;
  std::string_view rest = request.path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    result += '/';
    result += is_variable(segment) ? std::string_view("{id}") : segment;
    rest.remove_prefix(end);
  }
  return result;
}

}  // namespace lab
