// SPDX-License-Identifier: Apache-2.0
// Which indicators a query finds. Pure functions over what the caller keeps from changing.
#pragma once

#include <vector>

#include "lab/threatq/context.hpp"
#include "lab/threatq/query.hpp"
#include "lab/threatq/store.hpp"

namespace lab::threatq {

bool matches(const Query& query, const IndicatorStore& store, const ContextStore& contexts,
             Row row);

// All living ones, by id.
std::vector<Row> matching_rows(const Query& query, const IndicatorStore& store,
                               const ContextStore& contexts);

}  // namespace lab::threatq
