// SPDX-License-Identifier: Apache-2.0
// Data collections, which are saved searches: found by name, and made into the body of a search.
// Any thread.
#pragma once

#include <string>

#include "core/cancel.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "threatq/api.hpp"

namespace tq {

struct SavedSearch {
  std::string name, id;
  Json query;  // an object with "criteria" and "filters", as ThreatQ keeps them
};

// E_CONFIG when the account sees no collection of exactly this name. Of several the one with the
// lowest id, with a warning.
Result<SavedSearch> find_collection(Api& api, Log& log, const std::string& name,
                                    const Cancel& cancel);

// The body of POST /api/indicators/query: the saved query without change, and beside it a leaf each
// for `since_ms` and `value` when they are set, and the fields that `columns` needs.
std::string search_body(const Json& query, const ReadSpec& spec);

}  // namespace tq
