// SPDX-License-Identifier: Apache-2.0
// Single indicators as JSON, and the one that a call names. Needs the state locked.
#pragma once

#include <string_view>

#include "lab/threatq/call.hpp"
#include "lab/threatq/row_writer.hpp"
#include "lab/threatq/state.hpp"

namespace lab::threatq {

RowWriter row_writer(const State& state, RowForm form);

// With what `with` names besides.
Json indicator_json(const State& state, Row row, std::string_view with);

// By the first variable of the path; Refusal (404) when there is none.
Row indicator_row(const State& state, const Call& call);
Owner owner_of(const State& state, Row row);

}  // namespace lab::threatq
