// SPDX-License-Identifier: Apache-2.0
// What the host does with answers that redirect: it follows some, with the cookies that they set.
#include <algorithm>

#include "world.hpp"

namespace tqp::fake {
namespace {

constexpr int kMostRedirects = 5;

std::string first_of(const Pairs& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_letters(key, name)) return value;
  return {};
}

bool follows(const Sent& request, const Answer& answer) {
  if (answer.failure || (request.flags & TQP_HTTP_NO_REDIRECT) != 0) return false;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (answer.status == 307 || answer.status == 308)
    return reads || (request.flags & TQP_HTTP_IDEMPOTENT) != 0;
  return reads && answer.status >= 301 && answer.status <= 303;
}

// "https://host:port"
std::string origin_of(const std::string& url) {
  const size_t host = url.find("://") + 3;
  return url.substr(0, std::min(url.find_first_of("/?#", host), url.size()));
}

std::string resolved(const std::string& from, const std::string& location) {
  if (location.find("://") < location.find_first_of("/?")) return location;
  if (location.rfind("//", 0) == 0) return from.substr(0, from.find("://") + 1) + location;
  const std::string origin = origin_of(from);
  if (location.rfind('/', 0) == 0) return origin + location;
  const std::string page = from.substr(0, std::min(from.find_first_of("?#"), from.size()));
  if (location.rfind('?', 0) == 0) return page + location;
  return page.substr(0, std::max(page.rfind('/'), origin.size())) + "/" + location;
}

struct Cookies {
  std::map<std::string, std::map<std::string, std::string>> of;  // origin -> name -> value

  void take(const std::string& url, const Answer& answer) {
    for (const auto& [key, value] : answer.headers) {
      const std::string pair = value.substr(0, value.find(';'));
      const size_t equals = pair.find('=');
      if (!same_letters(key, "Set-Cookie") || equals == std::string::npos) continue;
      of[origin_of(url)][pair.substr(0, equals)] = pair.substr(equals + 1);
    }
  }
  void add_to(Sent* request) const {
    const auto found = of.find(origin_of(request->url));
    if (found == of.end()) return;
    std::string text;
    for (const auto& [name, value] : found->second)
      text += (text.empty() ? "" : "; ") + name + "=" + value;
    request->headers.emplace_back("Cookie", text);
  }
};

Answer failed(const std::string& what) {
  Answer answer;
  answer.failure = Error{TQP_E_CONFIG, what};
  return answer;
}

}  // namespace

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

Answer at_the_end(World& world, Sent request, Answer (*ask)(World&, const Sent&)) {
  const Sent first = request;
  Cookies cookies;
  for (int redirects = 0;; ++redirects) {
    Answer answer = ask(world, request);
    const std::string location = first_of(answer.headers, "Location");
    if (location.empty() || !follows(request, answer)) return answer;
    if (redirects == kMostRedirects)
      return failed(first.method + " " + first.url + ": redirected more than 5 times");
    cookies.take(request.url, answer);
    const std::string next = resolved(request.url, location);
    if (request.url.rfind("https:", 0) == 0 && next.rfind("https:", 0) != 0)
      return failed(request.url + " redirects to " + next + ", which is not encrypted");
    const bool own = origin_of(next) == origin_of(first.url);
    if (!own && !first.body.empty())
      return failed(request.url + " redirects a " + first.method + " to " + next);
    request = first;
    request.url = next;
    request.redirected = true;
    if (!own) request.auth.clear();
    cookies.add_to(&request);
    world.seen().requests.push_back(request);
  }
}

}  // namespace tqp::fake
