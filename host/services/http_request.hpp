// SPDX-License-Identifier: Apache-2.0
// What a plugin's tqp_http_request must be, whatever the instance may do: sizes, flags, method,
// URL, headers. Any thread.
#pragma once

#include <tqp/plugin.h>

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/http.hpp"

namespace tq {

bool is_token(std::string_view text);         // of RFC 9110: methods, names of headers
bool is_header_value(std::string_view text);  // no line ends, no control characters but the tab
bool is_host_header(std::string_view name);   // made by the host alone: Host, Content-Length, ...

// A copy of everything but body and auth. E_BUG: against the contract; E_UNSUPPORTED: unknown
// flags.
Result<HttpRequest> read_request(const tqp_http_request* raw);

// "POST https://host/path (12.3 KB)": an effect as people see it.
std::string describe_effect(const HttpRequest& request);

}  // namespace tq
