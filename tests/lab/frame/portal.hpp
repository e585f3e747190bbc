// SPDX-License-Identifier: Apache-2.0
// The page of a captive portal or of a proxy that wants a log-in: what a client gets in place of
// the service's answer, at once or behind a chain of redirects. Pure functions; any thread.
#pragma once

#include <optional>

#include "lab/service.hpp"

namespace lab {

// An HTML page with a log-in form.
Response login_page(int status);

// A redirect with this status; `hops` of them until the log-in page, at least 1.
Response to_login_page(int status, int hops);

// The answer to a request that followed such a redirect; empty for any other request.
std::optional<Response> portal_answer(const Request& request);

}  // namespace lab
