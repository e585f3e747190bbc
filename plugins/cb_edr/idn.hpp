// SPDX-License-Identifier: Apache-2.0
// Domain names with characters outside ASCII, and their form in ASCII: what a resolver asks for and
// a sensor reports. By libidn2: IDNA2008 with UTS 46, non-transitional, as browsers do. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include "normalise.hpp"

namespace cb_edr {

// Writes the form with xn-- labels to `out`, or says why the name has none. What is in ASCII
// already is left as it is but for its case, so `out` is not yet known to be a domain name.
Refusal idn_to_ascii(std::string_view name, std::string* out);

// The name as people write it, or "" when that is no other one.
std::string idn_to_unicode(const std::string& ascii);

}  // namespace cb_edr
