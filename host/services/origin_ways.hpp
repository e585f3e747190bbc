// SPDX-License-Identifier: Apache-2.0
// How the hosts of an instance are reached by its own settings, which the manifest's "tls" and
// "proxy" name. Pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "load/manifest.hpp"
#include "net/http.hpp"

namespace tq {

// At most one for an origin. A setting that is not set changes nothing. E_CONFIG with the field:
// a host is wrong, or two settings hold the same host and want different things of it.
Result<std::vector<OriginWay>> origin_ways(const Manifest& manifest, const Json& settings,
                                           const std::map<std::string, Secret>& secrets,
                                           bool allow_plain_http);

// What a person has to know of a host that may be anybody, because a setting says so.
std::string unverified_note(const std::string& origin, const std::string& setting);
// One for each such host of these ways.
std::vector<std::string> unverified_notes(const std::vector<OriginWay>& ways);

}  // namespace tq
