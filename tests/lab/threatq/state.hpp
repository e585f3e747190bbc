// SPDX-License-Identifier: Apache-2.0
// All that the simulated instance holds. What stands below `mutex` is guarded by it: handlers get
// it locked as their route says.
#pragma once

#include <shared_mutex>

#include "lab/threatq/accounts.hpp"
#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/connectors.hpp"
#include "lab/threatq/context.hpp"
#include "lab/threatq/exports.hpp"
#include "lab/threatq/generator.hpp"
#include "lab/threatq/links.hpp"
#include "lab/threatq/other_objects.hpp"
#include "lab/threatq/page_faults.hpp"
#include "lab/threatq/refusal.hpp"
#include "lab/threatq/result_cache.hpp"
#include "lab/threatq/saved_searches.hpp"
#include "lab/threatq/store.hpp"
#include "lab/threatq/threatq.hpp"
#include "lab/threatq/unknown_names.hpp"

namespace lab::threatq {

struct State {
  explicit State(const ThreatqOptions& options);

  const ThreatqOptions options;
  const ErrorShape errors;
  const Catalogue catalogue;
  Accounts accounts;
  PageFaults faults;
  ResultCache results;
  UnknownNames unknown;

  std::shared_mutex mutex;
  IndicatorStore store;
  ContextStore contexts{store};
  Links links;
  Generator generator;
  OtherObjects objects;
  SavedSearches saved;
  Connectors connectors;
  Exports exports;
  std::string proxy;       // as set in the UI
  std::uint64_t jobs = 0;  // background jobs that were started
};

// Takes any number, also one that is too large for an id.
std::optional<Row> find_indicator(const State& state, std::uint64_t id);

// Deletes an indicator with all that hangs on it.
void remove_indicator(State& state, Row row);

}  // namespace lab::threatq
