// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/state.hpp"

#include <limits>

#include "lab/threatq/importer.hpp"

namespace lab::threatq {

State::State(const ThreatqOptions& given)
    : options(given),
      errors(error_shape(given.errors)),
      accounts(given),
      generator(catalogue, given.seed, given.messy),
      exports(given.exports),
      proxy(given.proxy) {
  if (!given.indicators.empty()) import_indicators(given.indicators, catalogue, store, contexts);
  generator.fill(store, given.generate);
  for (const std::string& option : given.collections)
    saved.add_collection(option, catalogue, accounts.first_user());
  for (const std::string& name : given.connectors) connectors.add({{"name", name}});
}

std::optional<Row> find_indicator(const State& state, std::uint64_t id) {
  if (id > std::numeric_limits<IndicatorId>::max()) return std::nullopt;
  return state.store.find(static_cast<IndicatorId>(id));
}

void remove_indicator(State& state, Row row) {
  state.links.remove_all({"indicators", state.store.id(row)});
  state.contexts.forget(row);
  state.store.remove(row);
}

}  // namespace lab::threatq
