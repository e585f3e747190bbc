// SPDX-License-Identifier: Apache-2.0
#include "services/origin_ways.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "services/auth.hpp"
#include "services/grants.hpp"

namespace tq {
namespace {

// Empty when it is not set.
std::string text_of(const AuthValues& values, const std::string& pointer) {
  if (pointer.empty()) return {};
  const auto text = values.text(pointer);
  return text ? std::string(trim(text->reveal())) : std::string();
}

Error differs(const Origin& origin, const std::string& setting, const std::string& other) {
  return {Status::kConfig,
          "the settings " + other + " and " + setting + " say different things of the host " +
              origin.text() + ", which two settings hold; make them equal",
          setting};
}

class Ways {
 public:
  // Takes what another entry wants of the same origin.
  Result<void> add(OriginWay way) {
    const auto same = std::find_if(ways_.begin(), ways_.end(), [&](const OriginWay& each) {
      return each.origin == way.origin;
    });
    if (same == ways_.end()) {
      ways_.push_back(std::move(way));
      return {};
    }
    TQ_TRY(merge(&same->ca_file, &same->ca_setting, way.ca_file, way.ca_setting, way.origin));
    TQ_TRY(merge(&same->verify_tls, &same->verify_setting, way.verify_tls, way.verify_setting,
                 way.origin));
    return merge(&same->proxy, &same->proxy_setting, way.proxy, way.proxy_setting, way.origin);
  }
  std::vector<OriginWay> take() && { return std::move(ways_); }

 private:
  template <typename Value>
  static Result<void> merge(Value* value, std::string* setting, const Value& other,
                            const std::string& other_setting, const Origin& origin) {
    if (other_setting.empty()) return {};
    if (!setting->empty() && !(*value == other)) return differs(origin, other_setting, *setting);
    *value = other;
    *setting = other_setting;
    return {};
  }

  std::vector<OriginWay> ways_;
};

// Only what is set names its setting.
OriginWay tls_way(const TlsEntry& entry, const AuthValues& values) {
  OriginWay way;
  way.ca_file = text_of(values, entry.ca_field);
  if (!way.ca_file.empty()) way.ca_setting = entry.ca_field;
  const Json* const verify =
      entry.verify_field.empty() ? nullptr : json_at(values.settings, entry.verify_field);
  if (verify != nullptr && verify->is_boolean()) {
    way.verify_tls = verify->get<bool>();
    way.verify_setting = entry.verify_field;
  }
  return way;
}

}  // namespace

Result<std::vector<OriginWay>> origin_ways(const Manifest& manifest, const Json& settings,
                                           const std::map<std::string, Secret>& secrets,
                                           bool allow_plain_http) {
  const AuthValues values{settings, secrets};
  Ways ways;
  const auto add = [&](const std::string& for_field, OriginWay way) -> Result<void> {
    const bool anything =
        !way.ca_setting.empty() || !way.verify_setting.empty() || !way.proxy_setting.empty();
    if (!anything) return {};
    TQ_ASSIGN(const auto origins, origins_in(settings, for_field, allow_plain_http));
    for (const Origin& origin : origins) {
      way.origin = origin;
      TQ_TRY(ways.add(way));
    }
    return {};
  };
  for (const TlsEntry& entry : manifest.tls) TQ_TRY(add(entry.for_field, tls_way(entry, values)));
  for (const ProxyEntry& entry : manifest.proxy) {
    OriginWay way;
    way.proxy = text_of(values, entry.url_field);
    if (!way.proxy.empty()) way.proxy_setting = entry.url_field;
    TQ_TRY(add(entry.for_field, std::move(way)));
  }
  return std::move(ways).take();
}

std::string unverified_note(const std::string& origin, const std::string& setting) {
  return "the certificate of " + origin + " is not verified, because the setting " + setting +
         " says so: whoever stands in between can read and change everything";
}

std::vector<std::string> unverified_notes(const std::vector<OriginWay>& ways) {
  std::vector<std::string> notes;
  for (const OriginWay& way : ways)
    if (way.origin.tls && !way.verify_tls.value_or(true))
      notes.push_back(unverified_note(way.origin.text(), way.verify_setting));
  return notes;
}

}  // namespace tq
