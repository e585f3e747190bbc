// SPDX-License-Identifier: Apache-2.0
#include "schema/host_fields.hpp"

#include "schema/embedded.hpp"
#include "schema/settings_list.hpp"

namespace tq {

FieldText host_field(std::string_view key) {
  const auto schema = parse_json(host_schema_text(), "host.schema.json");
  if (!schema) return {std::string(key), {}};
  // Logging in is described once for the host; what has no dot is a setting of an instance.
  const bool of_host = key.find('.') != std::string_view::npos;
  for (const Setting& setting :
       of_host ? list_host_settings(*schema) : list_instance_settings(*schema))
    if (dotted(setting) == key) return {title_of(setting), text_at(*setting.schema, "description")};
  return {std::string(key), {}};
}

}  // namespace tq
