// SPDX-License-Identifier: Apache-2.0
// Where an answer sends a request, and whether it may go there. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "net/http.hpp"

namespace tq {

// The next URL, or none: the answer is the caller's. E_CONFIG: the redirect is refused, since it
// would weaken the connection or carry a body to another origin.
Result<std::optional<Url>> redirect(const HttpRequest& request, const Url& from, int status,
                                    std::string_view location);

// A reference of RFC 3986 against the URL it was found at; its fragment is dropped.
Result<Url> resolve_reference(const Url& base, std::string_view reference);

}  // namespace tq
