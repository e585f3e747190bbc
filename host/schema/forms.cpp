// SPDX-License-Identifier: Apache-2.0
#include "schema/forms.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/idn.hpp"
#include "core/proxy_url.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLongestHostName = 253;
constexpr size_t kLongestLabel = 63;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_';
         });
}

bool is_host_name(std::string_view written) {
  const auto ascii = to_a_labels(written);
  if (!ascii) return false;
  std::string_view name = *ascii;
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestHostName) return false;
  while (true) {
    const size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc() && rest == text.data() + text.size() && port >= 1 && port <= 65535;
}

// "host", "host:port", "[v6]", "[v6]:port".
bool is_authority(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    const std::string_view rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return is_host_name(text.substr(0, colon));
}

// What follows "http://" or "https://", or nothing.
std::string_view after_scheme(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (equal_no_case(text.substr(0, scheme.size()), scheme)) return text.substr(scheme.size());
  return {};
}

std::string_view authority_of(std::string_view text) {
  return text.substr(0, text.find_first_of("/?#"));
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

// A number of exactly `text.size()` digits, or -1.
int digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return -1;
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool within(std::string_view text, int least, int most) {
  const int number = digits(text);
  return number >= least && number <= most;
}

int days_of(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Where user name and password end in a URL, or npos.
size_t at_of(std::string_view url, size_t* begin) {
  *begin = scheme_mark(url);
  // People do not encode a '/' in their password: whatever stands before the last '@' is masked.
  return url.rfind('@');
}

}  // namespace

bool is_host(std::string_view text) {
  if (is_ipv6(text)) return true;
  if (const std::string_view rest = after_scheme(text); !rest.empty())
    return is_printable(rest) && is_authority(authority_of(rest));
  return is_authority(text);
}

std::string cut_host(std::string_view text) {
  text = trim(text);
  // With a user name it is refused, and a password may hold a '/'.
  if (text.find('@') != std::string_view::npos) return std::string(text);
  const std::string_view rest = after_scheme(text);
  if (rest.empty()) {
    // "host/path", as browsers show it.
    return std::string(text.find("://") == std::string_view::npos ? authority_of(text) : text);
  }
  const bool plain = equal_no_case(text.substr(0, 5), "http:");
  return (plain ? "http://" : "") + std::string(authority_of(rest));
}

bool is_plain_http(std::string_view text) {
  return equal_no_case(text.substr(0, std::string_view("http://").size()), "http://");
}

std::string https_host(std::string_view text) {
  constexpr std::string_view kDefaultPort = ":443";
  std::string host = cut_host(text);
  if (is_plain_http(host) || !is_host(host)) return host;
  host = to_lower(host);
  if (is_ipv6(host)) return "[" + host + "]";
  if (host.ends_with(kDefaultPort)) host.resize(host.size() - kDefaultPort.size());
  size_t name_end = std::min(host.rfind(':'), host.size());
  if (const auto ascii = to_a_labels(std::string_view(host).substr(0, name_end))) {
    host.replace(0, name_end, *ascii);
    name_end = ascii->size();
  }
  if (name_end > 0 && host[name_end - 1] == '.') host.erase(name_end - 1, 1);
  return host;
}

bool is_url(std::string_view text) {
  const std::string_view rest = after_scheme(text);
  return !rest.empty() && is_printable(rest) && is_authority(authority_of(rest));
}

bool is_uri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !is_letter(text.front())) return false;
  const std::string_view scheme = text.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(),
                     [](char c) {
                       return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                     }) &&
         is_printable(text) && text.find_first_of("<>\"{}|\\^`") == std::string_view::npos &&
         text.size() > colon + 1;
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  return year >= 0 && month >= 1 && month <= 12 && within(text.substr(8), 1, days_of(year, month));
}

bool is_time(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  if (!within(text.substr(0, 2), 0, 23) || !within(text.substr(3, 2), 0, 59) ||
      !within(text.substr(6, 2), 0, 60))
    return false;
  text.remove_prefix(8);
  if (text.front() == '.') {
    const size_t end = text.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  if (text == "Z" || text == "z") return true;
  return text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
         within(text.substr(1, 2), 0, 23) && within(text.substr(4), 0, 59);
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10)) &&
         is_time(text.substr(11));
}

bool is_absolute_path(std::string_view text) {
  return !text.empty() && text.front() == '/' && text.find('\0') == std::string_view::npos;
}

bool has_url_password(std::string_view url) {
  size_t begin = 0;
  const size_t at = at_of(url, &begin);
  return at != std::string_view::npos && at > begin &&
         url.substr(begin, at - begin).find(':') != std::string_view::npos;
}

std::string mask_url_password(std::string_view url) {
  if (!has_url_password(url)) return std::string(url);
  size_t begin = 0;
  const size_t at = at_of(url, &begin);
  const size_t colon = url.find(':', begin);
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

}  // namespace tq
