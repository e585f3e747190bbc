// SPDX-License-Identifier: Apache-2.0
// A query of the Threat Library as a tree, made from the JSON that clients send. Fixed once made;
// any thread.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lab/service.hpp"
#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/times.hpp"

namespace lab::threatq {

struct Query;

struct AllOf {  // matches everything when empty
  std::vector<Query> parts;
};
struct AnyOf {  // not empty
  std::vector<Query> parts;
};
struct TypeIn {
  std::vector<bool> types;  // by TypeIndex
};
struct StatusIn {
  std::vector<bool> statuses;  // by StatusIndex
};
struct ValueIs {
  std::string text;
};
struct ValueContains {
  std::string lower;
};
struct Mentions {
  std::string lower;
};
struct ScoreWithin {
  double least;
  double most;
};
enum class DateField { kCreated, kUpdated, kTouched };
struct DateWithin {  // both ends excluded
  DateField field;
  std::int64_t after;
  std::int64_t before;
};

struct Query {
  std::variant<AllOf, AnyOf, TypeIn, StatusIn, ValueIs, ValueContains, Mentions, ScoreWithin,
               DateWithin>
      node;
};

struct ParsedQuery {
  Query query;
  bool relative = false;             // it names NOW, so that its meaning changes with time
  std::vector<std::string> unknown;  // "criteria.colour", "filters.value.+like"
};

// Of an object with "criteria" and "filters", both optional, both applied. Leaves and operators
// that are not known say nothing, and are listed. Throws Refusal (400) that names the leaf of a
// wrong shape.
ParsedQuery parse_query(const Json& body, const Catalogue& catalogue, Seconds now);

// Whether it has no condition, so that everything matches.
bool says_nothing(const Query& query);

}  // namespace lab::threatq
