// SPDX-License-Identifier: Apache-2.0
// Grants: which origins an instance may send requests to: those that stand in the settings which
// the manifest's "connect" names. A value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "net/url.hpp"

namespace tq {

// The origins in a setting: of one text or of a list of them; none when it is not set. E_CONFIG,
// with the field: it holds something that is no host.
Result<std::vector<Origin>> origins_in(const Json& settings, const std::string& pointer,
                                       bool allow_plain_http);

class Grants {
 public:
  static Result<Grants> read(const std::vector<std::string>& connect, const Json& settings,
                             bool allow_plain_http);

  // The setting that grants the origin. E_DENIED, naming host and missing grant, when none does.
  Result<std::string> setting_for(const Origin& origin) const;

 private:
  struct Grant {
    std::string pointer;
    std::vector<Origin> origins;
  };
  std::vector<Grant> grants_;
};

}  // namespace tq
