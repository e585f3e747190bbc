// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/call.hpp"

#include <algorithm>
#include <charconv>

#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::uint64_t Call::id(std::size_t part) const {
  const auto number = whole_number<std::uint64_t>(parts[part]);
  if (!number) not_found(request.path);
  return *number;
}

Json Call::json() const try {
  return request.body.empty() ? Json::object() : Json::parse(request.body);
} catch (const Json::parse_error& error) {  // without the text around: it may hold a password
  throw Refusal(400, "the body is no JSON from byte " + std::to_string(error.byte) + " on");
}

Json Call::object() const {
  Json result = json();
  if (result.is_array() && result.empty()) return Json::object();  // as PHP clients write it
  if (!result.is_object()) throw Refusal(400, "the body must be a JSON object");
  return result;
}

std::optional<std::size_t> Call::number(std::string_view parameter) const {
  const auto value = request.parameter(parameter);
  if (!value) return std::nullopt;
  const auto number = whole_number<std::size_t>(*value);
  if (!number) invalid(std::string(parameter), "must be a number, not \"" + *value + '"');
  return number;
}

void allow_members(const Json& object, std::initializer_list<std::string_view> names) {
  if (!object.is_object()) throw Refusal(400, "an object is needed, not " + object.dump());
  for (const auto& [name, value] : object.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      invalid(name, "unknown member \"" + name + '"');
}

Response data(Json value, int status) {
  return Response::json(status, {{"data", std::move(value)}});
}

Response data_list(Json items, int status) {
  const std::size_t total = items.size();
  return Response::json(status, {{"total", total}, {"data", std::move(items)}});
}

Response text_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

void not_found(const std::string& what) { throw Refusal(404, "there is no " + what); }

}  // namespace lab::threatq
