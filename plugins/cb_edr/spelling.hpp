// SPDX-License-Identifier: Apache-2.0
// How ThreatQ may write what has one normal form: it finds a value only as it is written there. The
// list is the usual ones; a domain name in mixed case, for one, has too many. Pure function.
#pragma once

#include <string>
#include <vector>

#include "normalise.hpp"

namespace cb_edr {

// The likeliest first. REQUIRES: `normal` is a normal form of the field.
std::vector<std::string> spellings_of(Field field, const std::string& normal);

}  // namespace cb_edr
