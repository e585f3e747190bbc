// SPDX-License-Identifier: Apache-2.0
// ConfigService: behind tqp.config/1: single settings by JSON pointer. Immutable; the table that
// stands on it serves the home thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

struct SettingKind;

class ConfigService {
 public:
  // `values`: valid by `schema`, defaults applied, without the secrets.
  ConfigService(Json values, Json schema)
      : values_(std::move(values)), schema_(std::move(schema)) {}

  // END: not set; E_DENIED: a secret; E_BUG: no such setting, or one of another type. Views live
  // as long as the service.
  Result<std::string_view> text(std::string_view pointer) const;
  Result<int64_t> integer(std::string_view pointer) const;
  Result<bool> boolean(std::string_view pointer) const;
  Result<uint32_t> count(std::string_view pointer) const;
  Result<std::string_view> key(std::string_view pointer, uint32_t index) const;

  // Whether the schema lets the setting have more than one type.
  bool of_several_types(std::string_view pointer) const;

 private:
  Result<const Json*> find(std::string_view pointer, const SettingKind& wanted) const;

  Json values_, schema_;
};

}  // namespace tq
