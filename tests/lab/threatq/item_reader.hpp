// SPDX-License-Identifier: Apache-2.0
// Reads what clients write about indicators, in all spellings that public clients use; anything
// else is refused by name. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/service.hpp"
#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/context.hpp"

namespace lab::threatq {

struct WrittenAttribute {
  Attribute attribute;
  bool overwrite = false;
};

struct WrittenRelation {
  std::string kind;
  Json item;  // {"id"} of one that exists, or one to consume
};

// An item of a consume call.
struct WrittenIndicator {
  std::string value;  // normalised if that was asked for
  TypeIndex type = 0;
  std::optional<StatusIndex> status;
  std::optional<std::string> description;
  std::optional<Seconds> published;
  std::optional<Seconds> last_detected;
  std::vector<WrittenAttribute> attributes;
  std::vector<Source> sources;
  std::vector<std::string> tags;
  std::vector<std::string> comments;
  std::vector<WrittenRelation> relations;
};

WrittenIndicator read_indicator(const Json& item, const Catalogue& catalogue, bool normalise);

// {"type": {"name"}}, {"type": NAME} or {"type_id"}; the same for status. Empty when absent.
std::optional<TypeIndex> read_type(const Json& item, const Catalogue& catalogue);
std::optional<StatusIndex> read_status(const Json& item, const Catalogue& catalogue);

WrittenAttribute read_attribute(const Json& item);
Source read_source(const Json& item);
std::string read_tag(const Json& item);      // {"name"} or a text
std::string read_comment(const Json& item);  // {"value"}

// A list as it is, anything else as a list of one.
std::vector<Json> one_or_more(const Json& body);

}  // namespace lab::threatq
