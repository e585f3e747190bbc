// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/indicator_text.hpp"

namespace lab::threatq {

RowWriter row_writer(const State& state, RowForm form) {
  return {state.catalogue, state.store, state.contexts, state.links, std::move(form)};
}

Json indicator_json(const State& state, Row row, std::string_view with) {
  std::string text;
  row_writer(state, RowForm::single(with)).append(row, text);
  return Json::parse(text);
}

Row indicator_row(const State& state, const Call& call) {
  const std::uint64_t id = call.id(0);
  if (const auto row = find_indicator(state, id)) return *row;
  not_found("indicator " + std::to_string(id));
}

Owner owner_of(const State& state, Row row) {
  return {state.store.id(row), state.catalogue.types()[state.store.type(row)].id,
          state.catalogue.statuses()[state.store.status(row)].id};
}

}  // namespace lab::threatq
