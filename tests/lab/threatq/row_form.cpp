// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/row_form.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

constexpr std::array<std::pair<std::string_view, Member>, 24> kNames = {
    {{"id", Member::kId},
     {"value", Member::kValue},
     {"type_id", Member::kTypeId},
     {"status_id", Member::kStatusId},
     {"class", Member::kClass},
     {"hash", Member::kHash},
     {"description", Member::kDescription},
     {"created_at", Member::kCreated},
     {"updated_at", Member::kUpdated},
     {"touched_at", Member::kTouched},
     {"last_detected_at", Member::kLastDetected},
     {"expires_at", Member::kExpires},
     {"expired_at", Member::kExpired},
     {"expires_calculated_at", Member::kExpiresCalculated},
     {"expires_needs_calc", Member::kExpiresNeedsCalc},
     {"published_at", Member::kPublished},
     {"type", Member::kType},
     {"status", Member::kStatus},
     {"score", Member::kScore},
     {"attributes", Member::kAttributes},
     {"sources", Member::kSources},
     {"adversaries", Member::kAdversaries},
     {"tags", Member::kTags},
     {"comments", Member::kComments}}};

// Other names after "with=" are taken; those relations are empty here or found elsewhere.
constexpr std::array<std::string_view, 3> kDottedWith = {"attributes.sources",
                                                         "type.plugins.config", "indicators.type"};

std::optional<Member> member(std::string_view name) {
  for (const auto& [known, which] : kNames)
    if (known == name) return which;
  return std::nullopt;
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// "sources.name" asks for one part of each source.
void add_dotted(RowForm& form, std::string_view name) {
  constexpr std::string_view kSources = "sources.", kAttributes = "attributes.";
  constexpr std::array<std::string_view, 10> kSourceParts = {
      "id",     "source_id", "source_type", "reference_id", "name",
      "tlp_id", "tlp_name",  "created_at",  "updated_at",   "published_at"};
  constexpr std::array<std::string_view, 6> kAttributeParts = {
      "id", "attribute_id", "name", "value", "created_at", "updated_at"};
  if (name.starts_with(kSources) && among(kSourceParts, name.substr(kSources.size()))) {
    form.add(Member::kSources);
    form.source_parts.emplace_back(name.substr(kSources.size()));
  }
  if (name.starts_with(kAttributes) && among(kAttributeParts, name.substr(kAttributes.size()))) {
    form.add(Member::kAttributes);
    form.attribute_parts.emplace_back(name.substr(kAttributes.size()));
  }
}

RowForm base() {
  RowForm form;
  for (const auto& [name, which] : kNames) {
    if (which <= Member::kPublished) form.members.push_back(which);
  }
  return form;
}

}  // namespace

std::string_view member_name(Member member) {
  return kNames[static_cast<std::size_t>(member)].first;  // in the order of the enumeration
}

bool RowForm::has(Member member) const {
  return std::find(members.begin(), members.end(), member) != members.end();
}

void RowForm::add(Member member) {
  if (!has(member)) members.push_back(member);
}

bool RowForm::needs_context() const {
  return has(Member::kAttributes) || has(Member::kSources) || has(Member::kTags) ||
         has(Member::kComments) || has(Member::kDescription) || has(Member::kPublished) ||
         has(Member::kLastDetected);
}

RowForm RowForm::flat() {
  RowForm form = base();
  for (const Member which : {Member::kType, Member::kStatus, Member::kScore, Member::kAttributes,
                             Member::kSources, Member::kAdversaries, Member::kTags})
    form.members.push_back(which);
  return form;
}

RowForm RowForm::of_fields(const std::vector<std::string>& fields) {
  const bool all = std::find(fields.begin(), fields.end(), "*") != fields.end();
  RowForm form;
  if (all) {
    // Newer servers leave related rows out of the default set.
    form = base();
    for (const Member which : {Member::kType, Member::kStatus, Member::kScore}) form.add(which);
  }
  form.type_as_name = !all;
  for (const std::string& name : fields) {
    if (name == "*") continue;
    if (const auto which = member(name)) {
      form.add(*which);
    } else {
      add_dotted(form, name);  // of another one nothing is answered
    }
  }
  return form;
}

RowForm RowForm::single(std::string_view with) {
  RowForm form = base();
  form.score_as_object = true;
  form.flat_sources = false;
  form.tags_as_text = false;
  form.add_with(with);
  return form;
}

void RowForm::add_with(std::string_view with) {
  for (const std::string& name : comma_list(with)) {
    const auto which = member(name.substr(0, name.find('.')));
    const bool related = which && *which >= Member::kType;
    if (related && (name.find('.') == std::string::npos || among(kDottedWith, name))) add(*which);
  }
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) result.emplace_back(item);
  }
  return result;
}

}  // namespace lab::threatq
