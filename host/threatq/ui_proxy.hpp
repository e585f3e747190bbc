// SPDX-License-Identifier: Apache-2.0
// The proxy that is set in ThreatQ's UI, out of the answer to GET /api/configuration/proxy. The
// shape of that answer is not public, so every plausible one is read. Pure; any thread.
#pragma once

#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace tq {

struct UiProxy {
  std::string url;  // "http://user:password@host:port"; empty: none is set, or it is switched off
  Secret password;  // as it was given; also percent-encoded in the URL
};

// E_DATA names the members that came when none of them is known, never their values.
Result<UiProxy> parse_ui_proxy(const Json& answer);

}  // namespace tq
