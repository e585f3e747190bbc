// SPDX-License-Identifier: Apache-2.0
#include "services/grants.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tq {

Result<std::vector<Origin>> origins_in(const Json& settings, const std::string& pointer,
                                       bool allow_plain_http) {
  std::vector<Origin> origins;
  const Json* const setting = json_at(settings, pointer);
  if (setting == nullptr || setting->is_null()) return origins;
  const Json list = setting->is_array() ? *setting : Json::array({*setting});
  for (const Json& item : list) {
    if (!item.is_string())
      return Error{
          Status::kConfig,
          "the setting " + pointer + " holds no host but " + printable(dump_json(item), 40),
          pointer};
    const std::string& text = item.get_ref<const std::string&>();
    if (trim(text).empty()) continue;  // left blank in a form: not set
    auto origin = parse_host(text, allow_plain_http);
    if (!origin) {
      Error error = std::move(origin.error()).in("the setting " + pointer);
      error.field = pointer;
      return error;
    }
    origins.push_back(origin.take());
  }
  return origins;
}

Result<Grants> Grants::read(const std::vector<std::string>& connect, const Json& settings,
                            bool allow_plain_http) {
  Grants out;
  for (const std::string& pointer : connect) {
    TQ_ASSIGN(auto origins, origins_in(settings, pointer, allow_plain_http));
    out.grants_.push_back({pointer, std::move(origins)});
  }
  return out;
}

Result<std::string> Grants::setting_for(const Origin& origin) const {
  std::vector<std::string> granted;
  for (const Grant& grant : grants_) {
    if (std::find(grant.origins.begin(), grant.origins.end(), origin) != grant.origins.end())
      return grant.pointer;
    std::vector<std::string> hosts;
    for (const Origin& each : grant.origins) hosts.push_back(each.text());
    granted.push_back(grant.pointer + " (" + (hosts.empty() ? "not set" : join(hosts, ", ")) + ")");
  }
  return Error{Status::kDenied,
               "a request to " + origin.text() +
                   " is not granted: no setting named by the manifest's grants.connect holds this "
                   "host; " +
                   (granted.empty() ? "it names none" : "it names " + join(granted, ", "))};
}

}  // namespace tq
