// SPDX-License-Identifier: Apache-2.0
#include "threatq/ui_proxy.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <vector>

#include "core/text.hpp"
#include "threatq/connector.hpp"
#include "threatq/ids.hpp"

namespace tq {
namespace {

constexpr int kDeepest = 4;
constexpr uint64_t kHighestPort = 65'535;
constexpr size_t kNamedMost = 10;

// Where a proxy may stand, the one for TLS first, because that is what vendors' clouds speak: a
// member of this name is its URL or host, and "NAME_host", "NAME_port" and so on are its parts.
constexpr const char* kGroups[] = {"https_proxy", "http_proxy", "proxy", "https", "http", ""};

Error unreadable(const std::string& why) { return {Status::kData, why}; }

// "proxyHost", "Proxy-Host" and "proxy.host" are "proxy_host".
std::string plain_key(std::string_view key) {
  std::string plain;
  bool lower_before = false;
  for (const char c : trim(key)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0 && lower_before) plain += '_';
    lower_before = std::islower(byte) != 0;
    plain += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  return plain;
}

std::string join_key(const std::string& group, const std::string& name) {
  return group.empty() ? name : name.empty() ? group : group + "_" + name;
}

// The settings as flat names: objects in objects, lists of {"key","value"}, or both.
class Settings {
 public:
  void take(const Json& json, const std::string& prefix, int depth = 0) {
    if (depth > kDeepest) {
      values_.emplace(prefix, nullptr);
    } else if (json.is_array()) {
      for (const Json& item : json) take(item, prefix, depth + 1);
    } else if (!json.is_object()) {
      values_.emplace(prefix, json);
    } else if (const auto value = json.find("value"); value != json.end()) {
      std::string key = text_at(json, "key", text_at(json, "name"));
      take(*value, join_key(prefix, plain_key(key)), depth + 1);
    } else {
      for (const auto& [key, member] : json.items()) {
        const std::string name = plain_key(key);
        take(member, is_wrapper(name, member) ? prefix : join_key(prefix, name), depth + 1);
      }
    }
  }

  bool empty() const { return values_.empty(); }
  bool understood() const { return understood_; }

  // Null when there is no such member. Asking for one is understanding it.
  const Json* find(const std::string& group, const char* name) {
    const auto value = values_.find(join_key(group, name));
    if (value == values_.end()) return nullptr;
    understood_ = true;
    return &value->second;
  }

  // The first of these in the group that is not empty; numbers, too.
  std::string text(const std::string& group, std::initializer_list<const char*> names) {
    std::string text;
    for (const char* name : names) {
      const Json* value = find(group, name);
      if (value == nullptr || !text.empty()) continue;
      if (value->is_string()) text = trim(value->get_ref<const std::string&>());
      if (value->is_number()) text = dump_json(*value);
    }
    return text;
  }

  std::string names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : values_)
      if (names.size() < kNamedMost) names.push_back(name.empty() ? "(no name)" : name);
    return printable(join(names, ", "), 400);
  }

 private:
  static bool is_wrapper(const std::string& name, const Json& member) {
    if (!member.is_structured()) return false;
    for (const char* wrapper : {"data", "proxy", "proxies", "config", "configuration", "settings"})
      if (name == wrapper) return true;
    return false;
  }

  std::map<std::string, Json> values_;
  bool understood_ = false;
};

bool is_flag(const std::string& text) {
  for (const char* word : {"0", "1", "y", "n", "yes", "no", "true", "false", "on", "off"})
    if (equal_no_case(text, word)) return true;
  return false;
}

// By a switch of the group, or because the group itself is one: {"proxy": false, ...}.
bool switched_off(Settings& settings, const std::string& group) {
  bool off = false;
  for (const char* name : {"enabled", "is_enabled", "enable", "active", "is_active", "use_proxy"})
    if (const Json* flag = settings.find(group, name); flag != nullptr && !flag->is_null())
      off = off || !switched_on(*flag);
  const Json* self = settings.find(group, "");
  if (self == nullptr) return off;
  const bool flag =
      self->is_string() ? is_flag(self->get_ref<const std::string&>()) : !self->is_null();
  return off || (flag && !switched_on(*self));
}

// A URL or a host; empty: none.
std::string place_of(Settings& settings, const std::string& group) {
  const std::string named = settings.text(group, {"url", "uri", "host", "hostname", "host_name",
                                                  "server", "address", "ip", "ip_address"});
  const std::string self = settings.text(group, {""});
  return self.empty() || is_flag(self) ? named : self;
}

// "host", "host:port", "[v6]:port" or a bare IPv6 address, with the port if it has none.
Result<std::string> host_and_port(std::string host, const std::string& port) {
  const bool bad = std::any_of(host.begin(), host.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '@' || c == '"' || c == '\\';
  });
  if (host.empty() || bad) return unreadable("the host of the proxy is none");
  const bool brackets = host.front() == '[';
  if (!brackets && std::count(host.begin(), host.end(), ':') > 1) host = '[' + host + ']';
  const size_t end = host.find(']');
  const bool has_port = host.find(':', end == std::string::npos ? 0 : end) != std::string::npos;
  if (has_port || port.empty() || port == "0") return host;
  const auto number = parse_id(port);
  if (!number || *number > kHighestPort) return unreadable("the port of the proxy is not a number");
  return host + ":" + std::to_string(*number);
}

// `text`: a URL, perhaps with user and password, or a host.
Result<UiProxy> build(const std::string& text, const std::string& port, const std::string& user,
                      const std::string& password) {
  UiProxy proxy;
  const size_t mark = text.find("://");
  const std::string scheme = mark == std::string::npos ? "http" : to_lower(text.substr(0, mark));
  std::string rest = mark == std::string::npos ? text : text.substr(mark + 3);
  std::string account;
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    account = rest.substr(0, at);
    rest.erase(0, at + 1);
    if (const size_t colon = account.find(':'); colon != std::string::npos)
      proxy.password = Secret(account.substr(colon + 1));
  } else if (!user.empty()) {
    account = percent_encode(user);
    if (!password.empty()) {
      account += ':' + percent_encode(password);
      proxy.password = Secret(password);
    }
  }
  TQ_ASSIGN(const std::string host, host_and_port(rest.substr(0, rest.find('/')), port));
  proxy.url = scheme + "://" + (account.empty() ? "" : account + "@") + host;
  return proxy;
}

// A part of the group, else one that stands for all.
std::string part(Settings& settings, const std::string& group,
                 std::initializer_list<const char*> names) {
  for (const std::string& place : {group, std::string("proxy"), std::string()})
    if (std::string text = settings.text(place, names); !text.empty()) return text;
  return {};
}

}  // namespace

Result<UiProxy> parse_ui_proxy(const Json& answer) {
  Settings settings;
  const Json* data = answer.is_object() ? json_at(answer, "/data") : nullptr;
  const Json& root = data != nullptr ? *data : answer;
  if (root.is_number() || root.is_boolean())
    return unreadable(std::string("the answer is a ") + root.type_name());
  settings.take(root, "");
  if (settings.empty()) return UiProxy();
  const bool off = switched_off(settings, "") || switched_off(settings, "proxy");
  std::string where, group_of_it;
  for (const char* group : kGroups) {
    const bool group_off = switched_off(settings, group);
    std::string place = place_of(settings, group);
    if (group_off || place.empty() || !where.empty()) continue;
    where = std::move(place);
    group_of_it = group;
  }
  if (where.empty() && !settings.understood())
    return unreadable("none of its members is known here: " + settings.names());
  if (where.empty() || off) return UiProxy();
  return build(where, part(settings, group_of_it, {"port"}),
               part(settings, group_of_it, {"user", "username", "user_name", "login"}),
               part(settings, group_of_it, {"password", "pass"}));
}

}  // namespace tq
