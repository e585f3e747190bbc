// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/object_match.hpp"

#include <algorithm>
#include <cctype>

#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

bool contains(std::string text, const std::string& lower) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text.find(lower) != std::string::npos;
}

struct Matcher {
  const Json& object;
  const ObjectKind& kind;

  bool test(const Query& query) const { return std::visit(*this, query.node); }
  std::string name() const { return object[kind.identity].get<std::string>(); }
  [[noreturn]] void only_for_indicators(const char* field) const {
    invalid("criteria", std::string("only indicators have \"") + field + '"');
  }

  bool operator()(const AllOf& all) const {
    return std::all_of(all.parts.begin(), all.parts.end(),
                       [this](const Query& part) { return test(part); });
  }
  bool operator()(const AnyOf& any) const {
    return std::any_of(any.parts.begin(), any.parts.end(),
                       [this](const Query& part) { return test(part); });
  }
  bool operator()(const TypeIn&) const { only_for_indicators("type_name"); }
  bool operator()(const StatusIn&) const { only_for_indicators("status_name"); }
  bool operator()(const ScoreWithin&) const { only_for_indicators("score"); }
  bool operator()(const ValueIs& is) const { return name() == is.text; }
  bool operator()(const ValueContains& part) const { return contains(name(), part.lower); }
  bool operator()(const Mentions& word) const { return contains(object.dump(), word.lower); }
  bool operator()(const DateWithin& within) const {
    const char* field = within.field == DateField::kCreated   ? "created_at"
                        : within.field == DateField::kUpdated ? "updated_at"
                                                              : "touched_at";
    const auto time = parse_time(object[field].get<std::string>());
    return time && *time > within.after && *time < within.before;
  }
};

}  // namespace

bool object_matches(const Query& query, const Json& object, const ObjectKind& kind) {
  return Matcher{object, kind}.test(query);
}

}  // namespace lab::threatq
