// SPDX-License-Identifier: Apache-2.0
// The enumerations of one ThreatQ instance: kinds of objects, indicator types and statuses, TLP.
// Fixed once made; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/service.hpp"

namespace lab::threatq {

struct IndicatorType {
  std::uint32_t id;
  std::string name;
  std::string group;  // "class" on the wire; may be empty
};

struct IndicatorStatus {
  std::uint32_t id;
  std::string name;
  std::string description;
  bool built_in;
  bool protects;  // an ingest does not take an indicator out of it
};

struct ObjectKind {
  std::string collection;  // its name in URLs
  std::string display_name;
  std::string display_name_plural;
  std::string identity;  // the member that identifies: value, name or title
};

using TypeIndex = std::uint16_t;    // place in types()
using StatusIndex = std::uint16_t;  // place in statuses()

class Catalogue {
 public:
  Catalogue();

  const std::vector<IndicatorType>& types() const { return types_; }
  const std::vector<IndicatorStatus>& statuses() const { return statuses_; }
  const std::vector<ObjectKind>& kinds() const { return kinds_; }

  std::optional<TypeIndex> type(std::string_view name) const;
  std::optional<TypeIndex> type(std::uint64_t id) const;
  std::optional<StatusIndex> status(std::string_view name) const;
  std::optional<StatusIndex> status(std::uint64_t id) const;
  const ObjectKind* kind(std::string_view collection) const;

  // The items of /api/indicator/types, /api/indicator/statuses and /api/objects.
  Json type_json(TypeIndex index) const;
  Json status_json(StatusIndex index) const;
  Json kind_json(const ObjectKind& kind) const;

 private:
  std::vector<IndicatorType> types_;
  std::vector<IndicatorStatus> statuses_;
  std::vector<ObjectKind> kinds_;
};

// RED, AMBER, GREEN, WHITE (or CLEAR): 1 to 4.
std::optional<int> tlp_id(std::string_view name);

}  // namespace lab::threatq
