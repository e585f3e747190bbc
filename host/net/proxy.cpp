// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.hpp"

#include <algorithm>
#include <string_view>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

bool exempts(std::string_view entry, const Origin& target) {
  if (entry == "*") return true;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (equal_no_case(entry, target.host) || equal_no_case(entry, target.host_port())) return true;
  if (!entry.starts_with('.')) return false;
  for (const std::string& name : {target.host, target.host_port()}) {
    if (equal_no_case(entry.substr(1), name)) return true;
    if (name.size() > entry.size() &&
        equal_no_case(std::string_view(name).substr(name.size() - entry.size()), entry))
      return true;
  }
  return false;
}

}  // namespace

bool Proxy::used_for(const Origin& target) const {
  if (target.loopback() && !loopback) return false;
  return std::none_of(exceptions.begin(), exceptions.end(),
                      [&](const std::string& entry) { return exempts(trim(entry), target); });
}

Result<std::optional<Proxy>> parse_proxy(const HttpOptions& options) {
  std::string_view text = trim(options.proxy);
  if (text.empty()) return std::optional<Proxy>();
  constexpr std::string_view kHttp = "http://";
  if (const size_t colon = text.find("://"); colon != std::string_view::npos) {
    if (!equal_no_case(text.substr(0, colon), "http"))
      return Error{Status::kConfig, "the proxy is of the kind " +
                                        printable(text.substr(0, colon), 20) +
                                        ", only http:// proxies are supported"};
    text.remove_prefix(colon + 3);
  }
  Proxy proxy;
  // The last "@": a password may hold a "/" or an "@" of its own.
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user_info = text.substr(0, at);
    const size_t colon = user_info.find(':');
    const std::string user = percent_decode(user_info.substr(0, colon));
    if (colon != std::string_view::npos)
      proxy.password = percent_decode(user_info.substr(colon + 1));
    proxy.authorization = "Basic " + base64(user + ":" + proxy.password);
    text.remove_prefix(at + 1);
  }
  auto origin = parse_host(std::string(kHttp).append(text), /*allow_plain_http=*/true);
  if (!origin) return std::move(origin.error()).in("the proxy");
  proxy.origin = origin.take();
  proxy.exceptions = options.no_proxy;
  proxy.loopback = options.proxy_loopback;
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace tq
