// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/portal.hpp"

#include <charconv>

namespace lab {
namespace {

constexpr const char* kPath = "/__portal/login";
constexpr int kPageStatus = 200;

int number(const Request& request, std::string_view name, int otherwise) {
  const std::string text = request.parameter(name).value_or("");
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Response login_page(int status) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!DOCTYPE html>\n<html><head><title>Log in to the network</title></head>\n<body><form "
      "method=\"post\" action=\"/login\"><input name=\"user\"><input name=\"password\" "
      "type=\"password\"><button>Log in</button></form></body></html>\n";
  return response;
}

Response to_login_page(int status, int hops) {
  Response response;
  response.status = status;
  response.content_type = "text/html";
  response.headers.emplace_back("Location", std::string(kPath) +
                                                "?status=" + std::to_string(status) +
                                                "&left=" + std::to_string(hops - 1));
  response.body = "<html><body>Moved</body></html>\n";
  return response;
}

std::optional<Response> portal_answer(const Request& request) {
  if (request.path != kPath) return std::nullopt;
  const int left = number(request, "left", 0);
  return left > 0 ? to_login_page(number(request, "status", 302), left) : login_page(kPageStatus);
}

}  // namespace lab
