// SPDX-License-Identifier: Apache-2.0
// Takes written indicators into the library by the merge rules of ThreatQ. Needs the state locked
// for writing.
#pragma once

#include <string>
#include <vector>

#include "lab/threatq/item_reader.hpp"
#include "lab/threatq/state.hpp"

namespace lab::threatq {

struct Ingested {
  Row row;
  bool existing;
};

// One entry for each different pair of type and value. Throws Refusal before anything has changed,
// but for relations to objects that do not exist.
std::vector<Ingested> ingest(State& state, const Account& who, const Json& items, bool normalise);

// The status an indicator gets that stands in one request several times: the default one if any of
// them left it open, else the last one's.
std::optional<StatusIndex> status_among(const std::vector<const WrittenIndicator*>& same);

// What a source is when none is given: the caller.
Source source_of(const Account& who);

}  // namespace lab::threatq
