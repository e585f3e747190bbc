// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/sort_order.hpp"

#include <algorithm>
#include <charconv>

#include "lab/threatq/base64.hpp"
#include "lab/threatq/refusal.hpp"

namespace lab::threatq {

std::optional<SortOrder::Field> SortOrder::field(std::string_view name) {
  if (name == "id") return Field::kId;
  if (name == "created_at") return Field::kCreated;
  if (name == "updated_at") return Field::kUpdated;
  if (name == "touched_at") return Field::kTouched;
  if (name == "score") return Field::kScore;
  return std::nullopt;
}

SortOrder SortOrder::parse(const std::string& text) {
  SortOrder order;
  order.text_ = text.empty() ? "id" : text;
  bool by_id = false;
  for (std::string_view rest = order.text_; !rest.empty() && !by_id;) {
    std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const bool descending = name.starts_with('-');
    if (descending) name.remove_prefix(1);
    const auto known = field(name);
    if (!known) continue;  // which fields a server sorts by is not public
    order.keys_.push_back({*known, descending});
    by_id = *known == Field::kId;
  }
  if (!by_id) order.keys_.push_back({Field::kId, false});
  return order;
}

std::int64_t SortOrder::value(const Key& key, const IndicatorStore& store, Row row) {
  std::int64_t number = 0;
  switch (key.field) {
    case Field::kId:
      number = store.id(row);
      break;
    case Field::kCreated:
      number = store.created(row);
      break;
    case Field::kUpdated:
      number = store.updated(row);
      break;
    case Field::kTouched:
      number = store.touched(row);
      break;
    case Field::kScore:
      number = store.score(row);
      break;
  }
  return key.descending ? -number : number;
}

SortOrder::Place SortOrder::place(const IndicatorStore& store, Row row) const {
  Place result;
  for (const Key& key : keys_) result.push_back(value(key, store, row));
  return result;
}

void SortOrder::apply(const IndicatorStore& store, std::vector<Row>& rows) const {
  if (keys_.front().field == Field::kId) {
    if (keys_.front().descending) std::reverse(rows.begin(), rows.end());
    return;
  }
  std::sort(rows.begin(), rows.end(), [&](Row a, Row b) {
    for (const Key& key : keys_) {
      const std::int64_t left = value(key, store, a), right = value(key, store, b);
      if (left != right) return left < right;
    }
    return false;
  });
}

std::string SortOrder::mark(const IndicatorStore& store, Row last) const {
  std::string text = text_;
  for (const std::int64_t key : place(store, last)) text += ' ' + std::to_string(key);
  return base64(text);
}

std::size_t SortOrder::place_after(const std::string& mark, const IndicatorStore& store,
                                   const std::vector<Row>& rows) const {
  if (mark == "*") return 0;
  const auto text = from_base64(mark);
  if (!text || !text->starts_with(text_ + ' '))
    invalid("cursorMark", "this is no mark of a search sorted by " + text_);
  Place last;
  for (std::string_view rest = std::string_view(*text).substr(text_.size()); !rest.empty();) {
    rest.remove_prefix(1);
    std::int64_t key = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), key);
    if (read.ec != std::errc()) invalid("cursorMark", "this mark is damaged");
    last.push_back(key);
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  }
  if (last.size() != keys_.size()) invalid("cursorMark", "this mark is damaged");
  const auto found =
      std::upper_bound(rows.begin(), rows.end(), last,
                       [&](const Place& before, Row row) { return before < place(store, row); });
  return static_cast<std::size_t>(found - rows.begin());
}

}  // namespace lab::threatq
