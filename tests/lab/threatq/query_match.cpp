// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/query_match.hpp"

#include <algorithm>
#include <cctype>

namespace lab::threatq {
namespace {

bool contains(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

struct Matcher {
  const IndicatorStore& store;
  const ContextStore& contexts;
  Row row;

  bool test(const Query& query) const { return std::visit(*this, query.node); }

  bool operator()(const AllOf& all) const {
    return std::all_of(all.parts.begin(), all.parts.end(),
                       [this](const Query& part) { return test(part); });
  }
  bool operator()(const AnyOf& any) const {
    return std::any_of(any.parts.begin(), any.parts.end(),
                       [this](const Query& part) { return test(part); });
  }
  bool operator()(const TypeIn& in) const { return in.types[store.type(row)]; }
  bool operator()(const StatusIn& in) const { return in.statuses[store.status(row)]; }
  bool operator()(const ValueIs& is) const { return store.value(row) == is.text; }
  bool operator()(const ValueContains& part) const {
    return contains(store.value(row), part.lower);
  }
  bool operator()(const ScoreWithin& within) const {
    return store.score(row) >= within.least && store.score(row) <= within.most;
  }
  bool operator()(const DateWithin& within) const {
    const Seconds time = within.field == DateField::kCreated   ? store.created(row)
                         : within.field == DateField::kUpdated ? store.updated(row)
                                                               : store.touched(row);
    return time > within.after && time < within.before;
  }
  bool operator()(const Mentions& word) const {
    if (contains(store.value(row), word.lower)) return true;
    const Context context = contexts.get(row);
    if (contains(context.description, word.lower)) return true;
    for (const Attribute& attribute : context.attributes)
      if (contains(attribute.value, word.lower)) return true;
    for (const Tag& tag : context.tags)
      if (contains(tag.name, word.lower)) return true;
    return false;
  }
};

}  // namespace

bool matches(const Query& query, const IndicatorStore& store, const ContextStore& contexts,
             Row row) {
  return store.alive(row) && Matcher{store, contexts, row}.test(query);
}

std::vector<Row> matching_rows(const Query& query, const IndicatorStore& store,
                               const ContextStore& contexts) {
  std::vector<Row> result;
  for (Row row = 0; row < store.rows(); ++row)
    if (matches(query, store, contexts, row)) result.push_back(row);
  return result;
}

}  // namespace lab::threatq
