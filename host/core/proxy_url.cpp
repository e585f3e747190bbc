// SPDX-License-Identifier: Apache-2.0
#include "core/proxy_url.hpp"

#include <algorithm>
#include <cctype>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kSocksBytesMost = 255;  // one byte says how long each is

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                       hex_value(text[i + 2]) >= 0;
    if (coded) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

size_t scheme_mark(std::string_view url) {
  const size_t mark = url.find("://");
  if (mark == std::string_view::npos || mark == 0) return 0;
  const std::string_view scheme = url.substr(0, mark);
  const bool named = std::isalpha(static_cast<unsigned char>(scheme.front())) != 0 &&
                     std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
                     });
  return named ? mark + 3 : 0;
}

ProxyUrl split_proxy_url(std::string_view text) {
  text = trim(text);
  ProxyUrl url;
  const size_t mark = scheme_mark(text);
  url.scheme = mark == 0 ? "http" : to_lower(text.substr(0, mark - 3));
  text.remove_prefix(mark);
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user_info = text.substr(0, at);
    const size_t colon = user_info.find(':');
    url.has_user = true;
    url.user = percent_decode(user_info.substr(0, colon));
    if (colon != std::string_view::npos) url.written_password = user_info.substr(colon + 1);
    url.password = percent_decode(url.written_password);
    text.remove_prefix(at + 1);
  }
  url.place = text;
  return url;
}

std::string proxy_url_problem(const ProxyUrl& url) {
  const bool socks = url.scheme == "socks5h";
  if (url.scheme == "socks5" || url.scheme == "socks")
    return "it is of the kind " + printable(url.scheme, 20) +
           "; write socks5h://, by which the proxy looks names up";
  if (!socks && url.scheme != "http" && url.scheme != "https")
    return "it is of the kind " + printable(url.scheme, 20) +
           ", and only http://, https:// and socks5h:// are known";
  if (has_control(url.user) || has_control(url.password))
    return "its user or its password holds a control character";
  if (socks && url.has_user && url.user.empty()) return "its user is empty";
  if (socks && (url.user.size() > kSocksBytesMost || url.password.size() > kSocksBytesMost))
    return "its user or its password is longer than the 255 bytes that SOCKS5 takes";
  return {};
}

}  // namespace tq
