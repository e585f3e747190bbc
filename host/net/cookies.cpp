// SPDX-License-Identifier: Apache-2.0
#include "net/cookies.hpp"

#include <algorithm>
#include <tqp/retry_after.hpp>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kMostCookies = 50;
constexpr size_t kMostCookieBytes = 4096;
constexpr size_t kMostHeaderBytes = 16 * 1024;

// "a=b; c" -> {"a", "b"} and the rest " c".
std::pair<std::string_view, std::string_view> next_pair(std::string_view* text) {
  const size_t end = std::min(text->find(';'), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  const size_t equals = std::min(part.find('='), part.size());
  return {trim(part.substr(0, equals)), trim(part.substr(std::min(equals + 1, part.size())))};
}

bool sendable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

std::string_view path_of(const Url& url) {
  return std::string_view(url.target).substr(0, url.target.find('?'));
}

// RFC 6265, 5.1.4: the folder of the page that set it.
std::string_view usual_path(const Url& from) {
  const std::string_view path = path_of(from);
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? std::string_view("/")
                                                       : path.substr(0, slash);
}

bool below(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder)) return false;
  return path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/';
}

struct Attributes {
  std::string path;
  bool secure = false;
  bool over = false;
};

Attributes read_attributes(std::string_view rest, const Url& from, int64_t now_ms) {
  Attributes out{std::string(usual_path(from))};
  bool over_by_age = false, over_by_date = false, has_age = false;
  while (!rest.empty()) {
    const auto [name, value] = next_pair(&rest);
    if (equal_no_case(name, "Secure")) out.secure = true;
    if (equal_no_case(name, "Path")) out.path = value.starts_with('/') ? value : usual_path(from);
    if (equal_no_case(name, "Max-Age") && !value.empty()) {
      has_age = true;
      over_by_age = value.front() == '-' || value.find_first_not_of('0') == std::string_view::npos;
    }
    if (equal_no_case(name, "Expires"))
      over_by_date = tqp::http_date_ms(value).value_or(INT64_MAX) <= now_ms;
  }
  out.over = has_age ? over_by_age : over_by_date;
  return out;
}

}  // namespace

void CookieJar::take(const Url& from, const HttpResponse& answer, int64_t now_ms) {
  const int64_t then_ms = answer.date_ms() != 0 ? answer.date_ms() : now_ms;
  for (size_t i = 0; i < kMostCookies; ++i) {
    const std::string_view set_cookie = answer.header_at("Set-Cookie", i);
    if (set_cookie.data() == nullptr) return;
    take_one(from, set_cookie, then_ms);
  }
}

void CookieJar::take_one(const Url& from, std::string_view set_cookie, int64_t now_ms) {
  std::string_view rest = set_cookie;
  const bool has_name = set_cookie.find('=') < set_cookie.find(';');
  const auto [name, value] = next_pair(&rest);
  if (!has_name || name.empty() || !sendable(name) || !sendable(value) ||
      name.size() + value.size() > kMostCookieBytes)
    return;
  const Attributes attributes = read_attributes(rest, from, now_ms);
  if (attributes.secure && !from.origin.tls) return;
  std::erase_if(cookies_, [&, &named = name](const Cookie& old) {
    return old.origin == from.origin && old.path == attributes.path && old.name == named;
  });
  if (attributes.over || cookies_.size() >= kMostCookies) return;
  cookies_.push_back({from.origin, attributes.path, std::string(name), std::string(value)});
}

void CookieJar::add_to(Headers* headers, const Url& to) const {
  std::vector<const Cookie*> fitting;
  for (const Cookie& cookie : cookies_)
    if (cookie.origin == to.origin && below(path_of(to), cookie.path)) fitting.push_back(&cookie);
  if (fitting.empty()) return;
  // The closer path first, as servers expect it.
  std::stable_sort(fitting.begin(), fitting.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() > b->path.size();
  });
  const auto of_jar = [&](std::string_view name) {
    return std::any_of(fitting.begin(), fitting.end(),
                       [&](const Cookie* cookie) { return cookie->name == name; });
  };
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (text.size() + name.size() + value.size() > kMostHeaderBytes) return;
    if (!text.empty()) text += "; ";
    text.append(name).append("=").append(value);
  };
  for (const auto& [header, value] : *headers) {
    if (!equal_no_case(header, "Cookie")) continue;
    for (std::string_view rest = value; !rest.empty();)
      if (const auto [name, own] = next_pair(&rest); !name.empty() && !of_jar(name)) add(name, own);
  }
  std::erase_if(*headers, [](const auto& header) { return equal_no_case(header.first, "Cookie"); });
  for (const Cookie* cookie : fitting) add(cookie->name, cookie->value);
  headers->emplace_back("Cookie", text);
}

}  // namespace tq
