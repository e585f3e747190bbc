// SPDX-License-Identifier: Apache-2.0
// What hangs on indicators: attributes, sources, tags, comments, description. Kept only where it
// was written; that of generated indicators is derived from their ids. Reading from several threads
// is fine, writing needs the caller's lock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lab/threatq/store.hpp"

namespace lab::threatq {

// Ids of names, from 1 in the order they were met.
class Names {
 public:
  std::uint64_t id(const std::string& name) {
    return ids_.emplace(name, ids_.size() + 1).first->second;
  }

 private:
  std::unordered_map<std::string, std::uint64_t> ids_;
};

struct Source {
  std::uint64_t pivot_id = 0;  // of this use of it
  std::uint64_t source_id = 0;
  std::string name;
  std::string type;  // connectors, plugins, users, other_sources
  std::optional<int> tlp_id;
  std::optional<Seconds> published;
  Seconds created = 0;
};

struct Attribute {
  std::uint64_t id = 0;  // of this use of it
  std::uint64_t attribute_id = 0;
  std::string name;
  std::string value;
  std::vector<std::string> sources;
  std::optional<Seconds> published;
  Seconds created = 0;
  Seconds updated = 0;
};

struct Tag {
  std::uint64_t id = 0;
  std::string name;
};

struct Comment {
  std::uint64_t id = 0;
  std::string value;
  std::string author;
  Seconds created = 0;
};

struct Context {
  std::string description;
  std::optional<Seconds> published;
  std::optional<Seconds> last_detected;
  std::vector<Attribute> attributes;
  std::vector<Source> sources;
  std::vector<Tag> tags;
  std::vector<Comment> comments;
};

class ContextStore {
 public:
  explicit ContextStore(const IndicatorStore& store);

  Context get(Row row) const;

  // To be changed in place; the caller touches the indicator.
  Context& edit(Row row);
  void forget(Row row) { written_.erase(row); }

  // Each adds unless it is there already; true when something changed.
  bool add_attribute(Context& to, const Attribute& attribute, bool overwrite);
  bool add_source(Context& to, const Source& source);
  bool add_tag(Context& to, const std::string& name);
  void add_comment(Context& to, const std::string& value, const std::string& author);

  std::uint64_t next_id() { return ++last_id_; }

 private:
  Context derived(Row row) const;

  const IndicatorStore& store_;
  std::map<Row, Context> written_;
  Names attribute_names_, source_names_, tag_names_;
  std::uint64_t last_id_;
};

}  // namespace lab::threatq
