// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>
#include <charconv>

namespace cb_edr {
namespace {

constexpr std::string_view kDefaultInstance = "cb-edr";
constexpr std::string_view kFromScore = "from_score";
constexpr size_t kLongestTag = 64;

std::string_view host_of(std::string_view text) {
  if (const size_t scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  return text.substr(0, text.find_first_of("/?#"));
}

tqp::Result<std::optional<int>> read_severity(const tqp::Config& config) {
  // A number, or the one text that the schema allows.
  if (auto number = config.integer("/severity", 5); number.ok())
    return std::optional<int>(static_cast<int>(*number));
  TQP_ASSIGN(const std::string text, config.text("/severity"));
  if (text == kFromScore) return std::optional<int>();
  tqp::Error error{TQP_E_CONFIG, "severity takes 1 to 10 or from_score, not \"" + text + "\""};
  error.field = "/severity";
  return error;
}

}  // namespace

std::string home_of(const Settings& settings) {
  return settings.org_key + " at " + settings.api_host;
}

std::string link_base_of(std::string_view host) {
  std::string name(host_of(host));
  if (std::count(name.begin(), name.end(), ':') > 1 && name.front() != '[') name = "[" + name + "]";
  return "https://" + name + "/indicators/";
}

bool linkable(std::string_view link_base) {
  const bool plain = std::all_of(link_base.begin(), link_base.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/[]%").find(c) != std::string_view::npos;
  });
  if (!plain) return false;
  const std::string_view host = host_of(link_base);
  if (host.empty()) return false;
  if (host.front() == '[') return true;
  return host.substr(0, host.find(':')).find('.') != std::string_view::npos;
}

tqp::Result<Settings> Settings::read(const tqp::Config& config, std::string_view instance) {
  Settings settings;
  TQP_ASSIGN(const std::string api_fqdn, config.text("/api_fqdn"));
  settings.api_host = host_of(api_fqdn);
  TQP_ASSIGN(settings.org_key, config.text("/org_key"));
  TQP_ASSIGN(settings.collections, config.list("/data_collections"));
  TQP_ASSIGN(settings.tags, config.list("/report_tags"));
  for (std::string& tag : settings.tags) tag = tqp::utf8_cut(tag, kLongestTag);
  TQP_ASSIGN(const std::string hostname, config.text("/threatq_hostname", ""));
  if (!hostname.empty()) settings.link_base = link_base_of(hostname);

  const std::string usual_name =
      instance == kDefaultInstance ? "ThreatQ" : "ThreatQ " + std::string(instance);
  TQP_ASSIGN(settings.feed_name, config.text("/feed_name", usual_name));
  if (settings.feed_name.empty()) settings.feed_name = usual_name;

  TQP_ASSIGN(settings.severity, read_severity(config));
  TQP_ASSIGN(settings.create_watchlist, config.boolean("/create_watchlist", false));
  TQP_ASSIGN(const int64_t bulk_limit_mb, config.integer("/bulk_limit_mb", 32));
  settings.bulk_limit_bytes = static_cast<uint64_t>(bulk_limit_mb) << 20;
  return settings;
}

}  // namespace cb_edr
