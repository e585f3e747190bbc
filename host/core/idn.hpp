// SPDX-License-Identifier: Apache-2.0
// Host names with letters outside ASCII, in the form that is looked up, verified and sent. The one
// place of the host that makes it, so that settings, grants, TLS, requests and logs agree. By
// libidn2: IDNA2008 with UTS 46, non-transitional, as browsers do. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

// The name with A-labels ("xn--..."), in lower case. A name in ASCII is given back as it is.
// What comes out is ASCII and not yet known to be a host: a mark that looks like a dot, a digit or
// a slash has become one. E_CONFIG: there is no such form; the message says why and shows nothing
// of the name.
Result<std::string> to_a_labels(std::string_view name);

}  // namespace tq
