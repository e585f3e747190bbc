// SPDX-License-Identifier: Apache-2.0
#include "net/redirect.hpp"

#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "net/retry.hpp"

namespace tq {
namespace {

// Where the host of an absolute reference ends, or 0. It is left as it is: outside ASCII a host has
// another form than percent encoding.
size_t authority_end(std::string_view text) {
  size_t begin = 0;
  if (const size_t mark = text.find("://"); mark < text.find_first_of("/?")) {
    begin = mark + 3;
  } else if (text.starts_with("//")) {
    begin = 2;
  }
  return begin == 0 ? 0 : std::min(text.find_first_of("/?\\", begin), text.size());
}

// Servers put names into Location as they are.
std::string encode_strays(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c > ' ' && c < '\x7f' ? std::string(1, c) : percent_encode(std::string_view(&c, 1));
  return out;
}

// "/a/b/../c/./d" -> "/a/c/d"; the query is not touched.
std::string without_dots(std::string_view target) {
  const size_t query = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, query);
  std::string out;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end);
    const bool up = part == "/..";
    if (up) out.erase(std::min(out.rfind('/'), out.size()));
    if (!up && part != "/.") out += part;
    if ((up || part == "/.") && path.empty()) out += '/';
  }
  return (out.empty() ? "/" : out) + std::string(target.substr(query));
}

bool follows(const HttpRequest& request, int status) {
  if (!request.follow_redirects) return false;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (status == 307 || status == 308) return reads || request.idempotent;
  return reads && (status == 301 || status == 302 || status == 303);
}

}  // namespace

Result<Url> resolve_reference(const Url& base, std::string_view reference) {
  const std::string_view raw = trim(reference.substr(0, reference.find('#')));
  const size_t end = authority_end(raw);
  const std::string text = std::string(raw.substr(0, end)) + encode_strays(raw.substr(end));
  if (text.find("://") < text.find_first_of("/?")) return parse_url(text);
  if (text.starts_with("//")) return parse_url((base.origin.tls ? "https:" : "http:") + text);
  const std::string path = base.target.substr(0, base.target.find('?'));
  Url url = base;
  if (text.starts_with('/')) {
    url.target = without_dots(text);
  } else if (text.starts_with('?')) {
    url.target = path + text;
  } else {
    url.target = without_dots(path.substr(0, path.rfind('/') + 1) + text);
  }
  return url;
}

Result<std::optional<Url>> redirect(const HttpRequest& request, const Url& from, int status,
                                    std::string_view location) {
  if (location.empty() || !follows(request, status)) return std::optional<Url>();
  auto next = resolve_reference(from, location);
  if (!next) return std::move(next.error()).in(from.origin.text() + " redirects to an address");
  const Origin& origin = next->origin;
  if (from.origin.tls && !origin.tls)
    return Error{Status::kConfig, from.origin.text() + " redirects to " + origin.text() +
                                      ", which is not encrypted; that is refused"};
  if (request.body != nullptr && !(origin == request.url.origin))
    return Error{Status::kConfig, from.origin.text() + " redirects a " + request.method + " to " +
                                      origin.text() + "; if that is right, set it as the host"};
  return std::optional<Url>(next.take());
}

}  // namespace tq
