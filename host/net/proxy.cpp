// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.hpp"

#include <algorithm>

#include "core/proxy_url.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr uint16_t kSocksPort = 1080;

ProxyKind kind_of(const std::string& scheme) {
  if (scheme == "https") return ProxyKind::kHttps;
  return scheme == "socks5h" ? ProxyKind::kSocks : ProxyKind::kHttp;
}

// "proxy.example" and "[2001:db8::1]/" as the place of a SOCKS proxy.
bool names_a_port(std::string_view place) {
  place = place.substr(0, place.find_first_of("/?#"));
  if (place.starts_with('[')) place.remove_prefix(std::min(place.find(']'), place.size()));
  return std::count(place.begin(), place.end(), ':') == 1;
}

}  // namespace

bool Proxy::used_for(const Origin& target) const {
  if (target.loopback() && !loopback) return false;
  return std::none_of(exceptions.begin(), exceptions.end(), [&](const NoProxy& exception) {
    return exception.exempts(target.host, target.port);
  });
}

bool Proxy::relays(const Origin& target) const { return kind != ProxyKind::kSocks && !target.tls; }

std::string Proxy::name() const {
  const char* scheme = kind == ProxyKind::kSocks ? "socks5h" : origin.tls ? "https" : "http";
  return std::string(scheme) + "://" + origin.host_port();
}

void hide_proxy_password(std::string_view url, Redactor& redactor) {
  const ProxyUrl parts = split_proxy_url(url);
  redactor.add_pair(parts.user, parts.password);
  redactor.add_pair(parts.user, parts.written_password);
}

Result<std::optional<Proxy>> parse_proxy(const HttpOptions& options) {
  if (trim(options.proxy).empty()) return std::optional<Proxy>();
  const ProxyUrl url = split_proxy_url(options.proxy);
  if (const std::string problem = proxy_url_problem(url); !problem.empty())
    return Error{Status::kConfig, "the proxy cannot be used: " + problem, options.proxy_setting};
  Proxy proxy;
  proxy.kind = kind_of(url.scheme);
  const bool tls = proxy.kind == ProxyKind::kHttps;
  auto origin = parse_host((tls ? "https://" : "http://") + url.place, /*allow_plain_http=*/true);
  if (!origin) {
    origin.error().field = options.proxy_setting;
    return std::move(origin.error()).in("the proxy");
  }
  proxy.origin = origin.take();
  if (proxy.kind == ProxyKind::kSocks && !names_a_port(url.place)) proxy.origin.port = kSocksPort;
  proxy.has_user = url.has_user;
  proxy.user = url.user;
  proxy.password = url.password;
  for (const std::string& text : options.no_proxy)
    for (const std::string& word : no_proxy_words(text))
      if (auto exception = NoProxy::parse(word)) proxy.exceptions.push_back(exception.take());
  proxy.loopback = options.proxy_loopback;
  proxy.setting = options.proxy_setting;
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace tq
