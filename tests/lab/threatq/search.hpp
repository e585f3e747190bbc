// SPDX-License-Identifier: Apache-2.0
// One page of a search for indicators: what both the query calls and the saved searches do. Needs
// the state locked for reading.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/threatq/call.hpp"
#include "lab/threatq/query.hpp"
#include "lab/threatq/state.hpp"

namespace lab::threatq {

// Parsed; what it names and is not known is noted. Throws Refusal.
ParsedQuery read_query(State& state, const Json& query, Seconds time);

// Rows of a query {"criteria","filters"} in the order of "sort". Throws Refusal.
Rows search_rows(State& state, const Json& query, const std::string& sort);

// Answers the page that limit, offset, sort and cursorMark of the call ask for, with these fields
// if there are any.
Response search_page(State& state, const Call& call, const Json& query,
                     const std::optional<std::vector<std::string>>& fields);

// The same for objects of another kind, which is the first variable of the path.
Response search_objects(State& state, const Call& call, const Json& query);

// Throws Refusal when a page may not be so large.
void check_limit(const State& state, std::size_t limit);

}  // namespace lab::threatq
