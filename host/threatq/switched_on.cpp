// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"
#include "threatq/connector.hpp"

namespace tq {

bool switched_on(const Json& is_active) {
  if (is_active.is_null()) return false;
  if (is_active.is_boolean()) return is_active.get<bool>();
  if (is_active.is_number()) return is_active.get<double>() != 0;
  if (!is_active.is_string()) return true;
  const std::string text = to_lower(trim(is_active.get_ref<const std::string&>()));
  for (const char* off : {"", "0", "false", "n", "no", "off"})
    if (text == off) return false;
  return true;
}

}  // namespace tq
