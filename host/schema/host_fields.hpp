// SPDX-License-Identifier: Apache-2.0
// The words that prompts and option help show for a field of the host file: its title and its help,
// taken from schemas/host.schema.json so that they are written once. Any thread; everything
// returned is owned by the caller.
#pragma once

#include <string>
#include <string_view>

namespace tq {

struct FieldText {
  std::string title;
  std::string help;
};

// `key` is a path of property names joined by dots: "threatq.host", "threatq.client_id",
// "threatq.username", "threatq.password"; a key without a dot is a setting of an instance:
// "default_status". A key that the schema does not describe gives the key itself as title and no
// help.
[[nodiscard]] FieldText host_field(std::string_view key);

}  // namespace tq
