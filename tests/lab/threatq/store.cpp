// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/store.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>

namespace lab::threatq {
namespace {

constexpr Row kFree = std::numeric_limits<Row>::max();
constexpr std::size_t kLeastIndex = 1024;

std::size_t hash_of(TypeIndex type, std::string_view value) {
  constexpr std::size_t kSpread = 0x9e3779b97f4a7c15ULL;
  return (std::hash<std::string_view>()(value) ^ type) * kSpread >> 16;
}

}  // namespace

void IndicatorStore::reserve(std::size_t rows, std::size_t text_bytes) {
  ids_.reserve(rows);
  value_start_.reserve(rows);
  value_length_.reserve(rows);
  types_.reserve(rows);
  statuses_.reserve(rows);
  scores_.reserve(rows);
  flags_.reserve(rows);
  manual_.reserve(rows);
  created_.reserve(rows);
  updated_.reserve(rows);
  touched_.reserve(rows);
  changed_.reserve(rows);
  text_.reserve(text_bytes);
}

Row IndicatorStore::add(const NewIndicator& indicator) {
  const Row row = rows();
  const IndicatorId next = ids_.empty() ? 1 : ids_.back() + kLeastGap;
  ids_.push_back(indicator.id == 0 ? next : indicator.id);
  value_start_.push_back(0);
  value_length_.push_back(0);
  put_text(row, indicator.value);
  types_.push_back(indicator.type);
  statuses_.push_back(indicator.status);
  scores_.push_back(indicator.score);
  manual_.push_back(-1);
  flags_.push_back(indicator.generated ? kAlive | kGenerated : kAlive);
  created_.push_back(indicator.created);
  updated_.push_back(indicator.updated);
  touched_.push_back(indicator.touched);
  changed_.push_back(++version_);
  ++living_;
  if (!index_.empty()) put_in_index(row);
  return row;
}

void IndicatorStore::remove(Row row) {
  flags_[row] &= static_cast<std::uint8_t>(~kAlive);
  --living_;
  ++version_;
}

std::optional<int> IndicatorStore::manual_score(Row row) const {
  if (manual_[row] < 0) return std::nullopt;
  return manual_[row];
}

std::optional<Row> IndicatorStore::find(IndicatorId id) const {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (found == ids_.end() || *found != id) return std::nullopt;
  const auto row = static_cast<Row>(found - ids_.begin());
  if (!alive(row)) return std::nullopt;
  return row;
}

std::optional<Row> IndicatorStore::find(TypeIndex of_type, std::string_view of_value) {
  if (index_.empty()) build_index();
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = hash_of(of_type, of_value) & mask; index_[at] != kFree;
       at = (at + 1) & mask) {
    const Row row = index_[at];
    if (alive(row) && types_[row] == of_type && value(row) == of_value) return row;
  }
  return std::nullopt;
}

void IndicatorStore::build_index() {
  std::size_t size = kLeastIndex;
  while (size < ids_.size() * 2) size *= 2;
  index_.assign(size, kFree);
  indexed_ = 0;
  for (Row row = 0; row < rows(); ++row) put_in_index(row);
}

// A row whose value or type changes stands in the index twice; the lookup compares and so skips the
// old place.
void IndicatorStore::put_in_index(Row row) {
  if ((indexed_ + 1) * 2 > index_.size()) {
    index_.clear();  // too full: the next lookup builds a larger one
    return;
  }
  const std::size_t mask = index_.size() - 1;
  std::size_t at = hash_of(types_[row], value(row)) & mask;
  while (index_[at] != kFree) at = (at + 1) & mask;
  index_[at] = row;
  ++indexed_;
}

void IndicatorStore::put_text(Row row, std::string_view value) {
  if (text_.size() + value.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::runtime_error("more than 4 GiB of indicator values");
  value_start_[row] = static_cast<std::uint32_t>(text_.size());
  value_length_[row] = static_cast<std::uint32_t>(value.size());
  text_.insert(text_.end(), value.begin(), value.end());
}

void IndicatorStore::update(Row row) {
  updated_[row] = std::max(updated_[row], now());
  touch(row);
}

void IndicatorStore::touch(Row row) {
  touched_[row] = std::max(touched_[row], now());
  changed_[row] = ++version_;
}

void IndicatorStore::set_status(Row row, StatusIndex status) {
  if (statuses_[row] == status) return;
  statuses_[row] = status;
  update(row);
}

void IndicatorStore::set_type(Row row, TypeIndex type) {
  if (types_[row] == type) return;
  types_[row] = type;
  if (!index_.empty()) put_in_index(row);
  update(row);
}

void IndicatorStore::set_value(Row row, std::string_view value) {
  put_text(row, value);
  if (!index_.empty()) put_in_index(row);
  update(row);
}

void IndicatorStore::set_manual_score(Row row, std::optional<int> score) {
  manual_[row] = static_cast<std::int8_t>(score.value_or(-1));
  update(row);
}

}  // namespace lab::threatq
