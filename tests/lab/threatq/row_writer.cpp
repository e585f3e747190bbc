// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/row_writer.hpp"

#include <openssl/evp.h>

#include "lab/threatq/json_text.hpp"

namespace lab::threatq {
namespace {

const Context kNoContext;

void append_optional_time(std::optional<Seconds> time, std::string& to) {
  if (time) {
    append_json_time(*time, to);
  } else {
    to += "null";
  }
}

void append_md5(std::string_view text, std::string& to) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_md5(), nullptr);
  for (unsigned i = 0; i < length; ++i) {
    to += "0123456789abcdef"[digest[i] >> 4];
    to += "0123456789abcdef"[digest[i] & 15];
  }
}

std::string json_quoted(std::string_view text) {
  std::string result;
  append_json(text, result);
  return result;
}

}  // namespace

RowWriter::RowWriter(const Catalogue& catalogue, const IndicatorStore& store,
                     const ContextStore& contexts, const Links& links, RowForm form)
    : catalogue_(catalogue),
      store_(store),
      contexts_(contexts),
      links_(links),
      form_(std::move(form)),
      needs_context_(form_.needs_context()) {
  for (const Member member : form_.members) {
    keys_.push_back((keys_.empty() ? "\"" : ",\"") + std::string(member_name(member)) + "\":");
  }
  for (const IndicatorType& type : catalogue.types()) {
    const Json whole = {{"id", type.id},
                        {"name", type.name},
                        {"class", type.group.empty() ? Json(nullptr) : Json(type.group)}};
    types_.push_back(form_.type_as_name ? json_quoted(type.name) : whole.dump());
  }
  for (const IndicatorStatus& status : catalogue.statuses()) {
    const Json whole = {
        {"id", status.id}, {"name", status.name}, {"description", status.description}};
    statuses_.push_back(form_.type_as_name ? json_quoted(status.name) : whole.dump());
  }
}

void RowWriter::append(Row row, std::string& to) const {
  const Context written = needs_context_ ? contexts_.get(row) : kNoContext;
  to += '{';
  for (std::size_t i = 0; i < form_.members.size(); ++i) {
    to += keys_[i];
    append_member(form_.members[i], row, written, to);
  }
  to += '}';
}

Owner RowWriter::owner(Row row) const {
  return {store_.id(row), catalogue_.types()[store_.type(row)].id,
          catalogue_.statuses()[store_.status(row)].id};
}

void RowWriter::append_member(Member member, Row row, const Context& context,
                              std::string& to) const {
  switch (member) {
    case Member::kId:
      return append_number(store_.id(row), to);
    case Member::kValue:
      return append_json(store_.value(row), to);
    case Member::kTypeId:
      return append_number(owner(row).type_id, to);
    case Member::kStatusId:
      return append_number(owner(row).status_id, to);
    case Member::kClass:
      if (const auto& group = catalogue_.types()[store_.type(row)].group; !group.empty())
        return append_json(group, to);
      to += "null";
      return;
    case Member::kHash:
      to += '"';
      append_md5(store_.value(row), to);
      to += '"';
      return;
    case Member::kDescription:
      if (!context.description.empty()) return append_json(context.description, to);
      to += "null";
      return;
    case Member::kCreated:
      return append_json_time(store_.created(row), to);
    case Member::kUpdated:
      return append_json_time(store_.updated(row), to);
    case Member::kTouched:
      return append_json_time(store_.touched(row), to);
    case Member::kLastDetected:
      return append_optional_time(context.last_detected, to);
    case Member::kExpires:
    case Member::kExpired:
      to += "null";
      return;
    case Member::kExpiresCalculated:
      return append_json_time(store_.updated(row), to);
    case Member::kExpiresNeedsCalc:
      to += "\"N\"";
      return;
    case Member::kPublished:
      return append_optional_time(context.published, to);
    case Member::kType:
      to += types_[store_.type(row)];
      return;
    case Member::kStatus:
      to += statuses_[store_.status(row)];
      return;
    case Member::kScore:
      return append_score(row, to);
    case Member::kAttributes:
    case Member::kSources:
    case Member::kAdversaries:
    case Member::kTags:
    case Member::kComments:
      return append_related(member, row, context, to);
  }
}

void RowWriter::append_score(Row row, std::string& to) const {
  if (!form_.score_as_object) return append_number(store_.score(row), to);
  to += "{\"indicator_id\":";
  append_number(store_.id(row), to);
  to += ",\"generated_score\":\"" + std::to_string(store_.generated_score(row)) + ".00\"";
  const auto manual = store_.manual_score(row);
  to += ",\"manual_score\":" + (manual ? std::to_string(*manual) : "null");
  to += ",\"score_config_hash\":\"7f0c2f5a3a3f2f0e9c1b4f6d8e2a1b3c\",\"created_at\":";
  append_json_time(store_.created(row), to);
  to += ",\"updated_at\":";
  append_json_time(store_.updated(row), to);
  to += '}';
}

void RowWriter::append_related(Member member, Row row, const Context& context,
                               std::string& to) const {
  const Owner own = owner(row);
  if (member == Member::kAttributes) {
    append_array(context.attributes, to, [&](const Attribute& attribute, std::string& out) {
      append_attribute(attribute, own, form_.attribute_parts, out);
    });
  } else if (member == Member::kSources) {
    append_array(context.sources, to, [&](const Source& source, std::string& out) {
      if (form_.flat_sources) return append_flat_source(source, own, form_.source_parts, out);
      append_source(source, own, out);
    });
  } else if (member == Member::kTags) {
    append_array(context.tags, to, [&](const Tag& tag, std::string& out) {
      if (form_.tags_as_text) return append_json(tag.name, out);
      append_tag(tag, out);
    });
  } else if (member == Member::kComments) {
    append_array(context.comments, to, [&](const Comment& comment, std::string& out) {
      append_comment(comment, own, out);
    });
  } else {
    const auto links = links_.of({"indicators", own.id}, "adversaries");
    append_array(links, to, [](const Link& link, std::string& out) {
      out += "{\"id\":" + std::to_string(link.other.id) +
             ",\"pivot\":{\"id\":" + std::to_string(link.pivot_id) + "}}";
    });
  }
}

}  // namespace lab::threatq
