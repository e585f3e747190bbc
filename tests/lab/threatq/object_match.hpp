// SPDX-License-Identifier: Apache-2.0
// Which objects of other kinds a query finds. Pure functions.
#pragma once

#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/query.hpp"

namespace lab::threatq {

// Throws Refusal for what only indicators have: type_name, status_name, score.
bool object_matches(const Query& query, const Json& object, const ObjectKind& kind);

}  // namespace lab::threatq
