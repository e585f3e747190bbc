// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/related_text.hpp"

#include <algorithm>
#include <string_view>

#include "lab/threatq/json_text.hpp"

namespace lab::threatq {
namespace {

// Writes one JSON object, only the chosen members of it unless none are chosen.
class ObjectText {
 public:
  ObjectText(const std::vector<std::string>& chosen, std::string& to) : chosen_(chosen), to_(to) {
    to_ += '{';
  }
  ~ObjectText() { to_ += '}'; }
  ObjectText(const ObjectText&) = delete;
  ObjectText& operator=(const ObjectText&) = delete;

  void number(std::string_view name, std::uint64_t value) {
    if (key(name)) append_number(static_cast<std::int64_t>(value), to_);
  }
  void text(std::string_view name, std::string_view value) {
    if (key(name)) append_json(value, to_);
  }
  void time(std::string_view name, std::optional<Seconds> value) {
    if (!key(name)) return;
    if (value) {
      append_json_time(*value, to_);
    } else {
      to_ += "null";
    }
  }
  bool key(std::string_view name) {
    if (!chosen_.empty() && std::find(chosen_.begin(), chosen_.end(), name) == chosen_.end())
      return false;
    if (!first_) to_ += ',';
    first_ = false;
    to_ += '"';
    to_.append(name);
    to_ += "\":";
    return true;
  }

 private:
  const std::vector<std::string>& chosen_;
  std::string& to_;
  bool first_ = true;
};

const std::vector<std::string> kAll;

std::string_view tlp_name(int id) {
  constexpr std::string_view kTlpNames[] = {"RED", "AMBER", "GREEN", "WHITE"};
  return kTlpNames[id - 1];
}

void append_tlp(const Source& source, ObjectText& object, std::string& to) {
  if (object.key("tlp_id")) to += source.tlp_id ? std::to_string(*source.tlp_id) : "null";
}

}  // namespace

void append_flat_source(const Source& source, const Owner& owner,
                        const std::vector<std::string>& parts, std::string& to) {
  ObjectText object(parts, to);
  object.number("id", source.pivot_id);
  object.number("source_id", source.source_id);
  object.text("source_type", source.type);
  object.number("reference_id", source.source_id);
  object.text("name", source.name);
  object.number("indicator_id", owner.id);
  object.number("indicator_type_id", owner.type_id);
  object.number("indicator_status_id", owner.status_id);
  object.number("creator_source_id", source.source_id);
  append_tlp(source, object, to);
  if (source.tlp_id) object.text("tlp_name", tlp_name(*source.tlp_id));
  object.time("published_at", source.published);
  object.time("created_at", source.created);
  object.time("updated_at", source.created);
}

void append_source(const Source& source, const Owner& owner, std::string& to) {
  ObjectText object(kAll, to);
  object.number("id", source.source_id);
  object.text("type", source.type);
  object.number("reference_id", source.source_id);
  object.text("name", source.name);
  append_tlp(source, object, to);
  object.time("published_at", source.published);
  object.time("created_at", source.created);
  object.time("updated_at", source.created);
  object.key("pivot");
  ObjectText pivot(kAll, to);
  pivot.number("id", source.pivot_id);
  pivot.number("indicator_id", owner.id);
  pivot.number("source_id", source.source_id);
  pivot.number("creator_source_id", source.source_id);
}

void append_attribute(const Attribute& attribute, const Owner& owner,
                      const std::vector<std::string>& parts, std::string& to) {
  ObjectText object(parts, to);
  object.number("id", attribute.id);
  object.number("attribute_id", attribute.attribute_id);
  object.number("indicator_id", owner.id);
  object.text("name", attribute.name);
  object.text("value", attribute.value);
  object.time("published_at", attribute.published);
  object.time("created_at", attribute.created);
  object.time("updated_at", attribute.updated);
  object.time("touched_at", attribute.updated);
  if (!object.key("sources")) return;
  append_array(attribute.sources, to, [](const std::string& name, std::string& out) {
    ObjectText source(kAll, out);
    source.text("name", name);
  });
}

void append_tag(const Tag& tag, std::string& to) {
  ObjectText object(kAll, to);
  object.number("id", tag.id);
  object.text("name", tag.name);
}

void append_comment(const Comment& comment, const Owner& owner, std::string& to) {
  ObjectText object(kAll, to);
  object.number("id", comment.id);
  object.number("indicator_id", owner.id);
  object.text("value", comment.value);
  object.text("creator", comment.author);
  object.time("created_at", comment.created);
}

}  // namespace lab::threatq
