// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "lab/threatq/query.hpp"
#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

constexpr int kMaxDepth = 32;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_comparison(const std::string& name) {
  return name == "+gt" || name == "+gte" || name == "+lt" || name == "+lte";
}

// A group of leaves about types is one leaf, which makes the usual collections quick.
template <typename Leaf>
bool merge_into(Leaf& first, const Query& other, std::vector<bool> Leaf::*set) {
  const Leaf* more = std::get_if<Leaf>(&other.node);
  if (more == nullptr) return false;
  for (std::size_t i = 0; i < (first.*set).size(); ++i)
    if ((more->*set)[i]) (first.*set)[i] = true;
  return true;
}

Query any_of(std::vector<Query> parts) {
  std::vector<Query> kept;
  for (Query& part : parts) {
    bool merged = false;
    for (Query& other : kept) {
      if (auto* types = std::get_if<TypeIn>(&other.node))
        merged = merge_into(*types, part, &TypeIn::types);
      if (auto* statuses = std::get_if<StatusIn>(&other.node))
        merged = merge_into(*statuses, part, &StatusIn::statuses);
      if (merged) break;
    }
    if (!merged) kept.push_back(std::move(part));
  }
  if (kept.empty()) return {AllOf{}};
  if (kept.size() == 1) return std::move(kept.front());
  return {AnyOf{std::move(kept)}};
}

class Parser {
 public:
  Parser(const Catalogue& catalogue, std::string part, Seconds now)
      : catalogue_(catalogue), part_(std::move(part)), now_(now) {}

  Query object(const Json& json, int depth);
  bool relative() const { return relative_; }
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  void note_unknown(const std::string& name) { unknown_.push_back(part_ + '.' + name); }
  [[noreturn]] void refuse(const std::string& why) const { invalid(part_, why); }

  std::vector<Query> group(const std::string& name, const Json& json, int depth);
  Query leaf(const std::string& name, const Json& json);
  Query value(const Json& json);
  Query score(const Json& json);
  Query date(const std::string& name, DateField field, const Json& json);
  std::int64_t moment(const std::string& name, const Json& json);
  std::string text(const std::string& leaf, const Json& json) const;

  const Catalogue& catalogue_;
  const std::string part_;  // criteria or filters
  const Seconds now_;
  bool relative_ = false;
  std::vector<std::string> unknown_;
};

Query Parser::object(const Json& json, int depth) {
  if (!json.is_object()) refuse("a query must be an object, not " + json.dump());
  if (depth > kMaxDepth) refuse("groups stand too deep in each other");
  AllOf all;
  for (const auto& [name, value] : json.items()) {
    if (name == "+and") {
      all.parts.push_back({AllOf{group(name, value, depth)}});
    } else if (name == "+or") {
      all.parts.push_back(any_of(group(name, value, depth)));
    } else {
      all.parts.push_back(leaf(name, value));
    }
  }
  if (all.parts.size() == 1) return std::move(all.parts.front());
  return {std::move(all)};
}

std::vector<Query> Parser::group(const std::string& name, const Json& json, int depth) {
  if (!json.is_array()) refuse('"' + name + "\" needs a list of queries");
  std::vector<Query> parts;
  for (const Json& part : json) parts.push_back(object(part, depth + 1));
  return parts;
}

// The vendor's UI writes leaves whose wire names are not public: one that is not known here says
// nothing, and every indicator matches it. It is noted, for it may as well be mistyped.
Query Parser::leaf(const std::string& name, const Json& json) {
  if (name == "type_name" || name == "type") {
    TypeIn types{std::vector<bool>(catalogue_.types().size())};
    if (const auto index = catalogue_.type(std::string_view(text(name, json))))
      types.types[*index] = true;
    return {std::move(types)};
  }
  if (name == "status_name") {
    StatusIn statuses{std::vector<bool>(catalogue_.statuses().size())};
    if (const auto index = catalogue_.status(std::string_view(text(name, json))))
      statuses.statuses[*index] = true;
    return {std::move(statuses)};
  }
  if (name == "value") return value(json);
  if (name == "mentions") return {Mentions{lower(text(name, json))}};
  if (name == "score") return score(json);
  if (name == "created_at") return date(name, DateField::kCreated, json);
  if (name == "updated_at") return date(name, DateField::kUpdated, json);
  if (name == "touched_at") return date(name, DateField::kTouched, json);
  note_unknown(name);
  return {AllOf{}};
}

std::string Parser::text(const std::string& leaf, const Json& json) const {
  if (!json.is_string()) refuse('"' + leaf + "\" needs a text, not " + json.dump());
  return json.get<std::string>();
}

Query Parser::value(const Json& json) {
  if (json.is_string()) return {ValueIs{json.get<std::string>()}};
  if (!json.is_object()) refuse("\"value\" needs a text or an object with operators");
  AllOf all;
  for (const auto& [name, wanted] : json.items()) {
    if (name == "is") {
      all.parts.push_back({ValueIs{text("value", wanted)}});
    } else if (name == "+contains") {
      all.parts.push_back({ValueContains{lower(text("value", wanted))}});
    } else {
      note_unknown("value." + name);
    }
  }
  if (all.parts.size() == 1) return std::move(all.parts.front());
  return {std::move(all)};
}

Query Parser::score(const Json& json) {
  if (!json.is_object() || json.empty()) refuse("\"score\" needs an object with +gte or +lte");
  ScoreWithin within{-std::numeric_limits<double>::infinity(),
                     std::numeric_limits<double>::infinity()};
  constexpr double kJustBeside = 1e-9;  // scores are whole numbers
  for (const auto& [name, bound] : json.items()) {
    if (!is_comparison(name)) note_unknown("score." + name);
    if (!bound.is_number()) refuse("\"score\" needs numbers, not " + bound.dump());
    const auto number = bound.get<double>();
    if (name == "+gte") within.least = number;
    if (name == "+gt") within.least = number + kJustBeside;
    if (name == "+lte") within.most = number;
    if (name == "+lt") within.most = number - kJustBeside;
  }
  return {within};
}

Query Parser::date(const std::string& name, DateField field, const Json& json) {
  if (!json.is_object() || json.empty()) refuse('"' + name + "\" needs an object with +gt or +lt");
  DateWithin within{field, std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<std::int64_t>::max()};
  for (const auto& [operation, bound] : json.items()) {
    if (!is_comparison(operation)) note_unknown(name + '.' + operation);
    const std::int64_t time = moment(name, bound);
    if (operation == "+gt") within.after = time;
    if (operation == "+gte") within.after = time - 1;
    if (operation == "+lt") within.before = time;
    if (operation == "+lte") within.before = time + 1;
  }
  return {within};
}

std::int64_t Parser::moment(const std::string& name, const Json& json) {
  const std::string value = text(name, json);
  if (const auto from_now = parse_relative(value)) {
    relative_ = true;
    return now_ + 1 + *from_now;  // what was written in this second is not in the future
  }
  const auto time = parse_time(value);
  if (!time) refuse('"' + name + "\" needs \"YYYY-MM-DD HH:MM:SS\" or \"NOW\", not " + json.dump());
  return *time;
}

}  // namespace

ParsedQuery parse_query(const Json& body, const Catalogue& catalogue, Seconds now) {
  ParsedQuery result;
  AllOf all;
  for (const char* part : {"criteria", "filters"}) {
    const auto found = body.find(part);
    // PHP clients write an empty object as an empty list.
    if (found == body.end() || (found->is_array() && found->empty())) continue;
    Parser parser(catalogue, part, now);
    all.parts.push_back(parser.object(*found, 0));
    result.relative = result.relative || parser.relative();
    result.unknown.insert(result.unknown.end(), parser.unknown().begin(), parser.unknown().end());
  }
  result.query = {std::move(all)};
  return result;
}

bool says_nothing(const Query& query) {
  if (const auto* all = std::get_if<AllOf>(&query.node))
    return std::all_of(all->parts.begin(), all->parts.end(), says_nothing);
  if (const auto* any = std::get_if<AnyOf>(&query.node))
    return std::any_of(any->parts.begin(), any->parts.end(), says_nothing);
  if (const auto* score = std::get_if<ScoreWithin>(&query.node))
    return std::isinf(score->least) && std::isinf(score->most);
  if (const auto* date = std::get_if<DateWithin>(&query.node))
    return date->after == std::numeric_limits<std::int64_t>::min() &&
           date->before == std::numeric_limits<std::int64_t>::max();
  return false;
}

}  // namespace lab::threatq
