// SPDX-License-Identifier: Apache-2.0
// What has to stand in the feed, told from what the lab's ThreatQ holds and written without the
// exporter's code.
#pragma once

#include <set>
#include <string>

#include "e2e/site.hpp"

namespace e2e {

inline const std::set<std::string> kExportedTypes = {"IP Address", "IPv6 Address", "FQDN", "MD5",
                                                     "SHA-256"};

// "process_hash e3b0...", one for each indicator of these types, as values_of() gives them for a
// feed.
std::multiset<std::string> expected_values(Site& site,
                                           const std::set<std::string>& types = kExportedTypes);

}  // namespace e2e
