// SPDX-License-Identifier: Apache-2.0
#include "schema/proxy_config.hpp"

#include "core/no_proxy.hpp"
#include "core/proxy_url.hpp"
#include "core/text.hpp"
#include "schema/environment.hpp"
#include "schema/forms.hpp"

namespace tq {
namespace {

// The first that is set; lower case first, as the connectors in Python read them.
constexpr const char* kUrlVariables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                         "http_proxy"};
constexpr const char* kNoProxyVariables[] = {"no_proxy", "NO_PROXY"};

template <size_t N>
void apply_first(const Environment& environment, const char* const (&names)[N], const char* key,
                 ConfigTree* tree) {
  if (!tree->root().is_object()) return;
  const auto proxy = tree->root().find("proxy");
  if (proxy != tree->root().end() && proxy->is_object() && proxy->contains(key)) return;
  for (const char* name : names) {
    const std::string value(trim(variable(environment, name)));
    if (value.empty()) continue;
    tree->set({"proxy", key}, value, std::string("environment ") + name);
    return;
  }
}

}  // namespace

void apply_proxy_variables(const Environment& environment, ConfigTree* tree) {
  apply_first(environment, kUrlVariables, "url", tree);
  apply_first(environment, kNoProxyVariables, "no_proxy", tree);
}

std::string proxy_problem(const std::string& text) {
  const ProxyUrl url = split_proxy_url(text);
  const bool is_place = is_host(cut_host("http://" + url.place));
  std::string why = proxy_url_problem(url);
  if (why.empty() && is_place) return {};
  return "is \"" + printable(mask_url_password(text)) +
         "\", but http://, https:// or socks5h:// with HOST:PORT or USER:PASSWORD@HOST:PORT is "
         "needed" +
         (why.empty() ? why : ": " + why);
}

NoProxyWords read_no_proxy(const std::vector<std::string>& texts) {
  NoProxyWords out;
  for (size_t i = 0; i < texts.size(); ++i)
    for (const std::string& word : no_proxy_words(texts[i])) {
      const auto parsed = NoProxy::parse(word);
      if (parsed) {
        out.good.push_back(word);
      } else {
        out.bad.emplace_back(i, "holds \"" + printable(mask_url_password(word)) +
                                    "\", which can never match a host: " + parsed.error().message);
      }
    }
  return out;
}

}  // namespace tq
