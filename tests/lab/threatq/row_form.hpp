// SPDX-License-Identifier: Apache-2.0
// Which members the rows of a search have and in which form: what "fields" and "with" ask for, and
// what old servers do regardless. Fixed once made; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lab::threatq {

enum class Member : std::uint8_t {
  kId,
  kValue,
  kTypeId,
  kStatusId,
  kClass,
  kHash,
  kDescription,
  kCreated,
  kUpdated,
  kTouched,
  kLastDetected,
  kExpires,
  kExpired,
  kExpiresCalculated,
  kExpiresNeedsCalc,
  kPublished,
  kType,
  kStatus,
  kScore,
  kAttributes,
  kSources,
  kAdversaries,
  kTags,
  kComments,
};

std::string_view member_name(Member member);

struct RowForm {
  std::vector<Member> members;
  bool type_as_name = false;     // and status
  bool score_as_object = false;  // as single indicators have it
  bool flat_sources = true;      // else with their pivot
  bool tags_as_text = true;
  // Parts of related rows that were asked for by dotted names; empty: all.
  std::vector<std::string> source_parts;
  std::vector<std::string> attribute_parts;

  bool has(Member member) const;
  void add(Member member);
  bool needs_context() const;

  // A search without "fields".
  static RowForm flat();
  // A search with them. Throws Refusal for a name that is not known.
  static RowForm of_fields(const std::vector<std::string>& fields);
  // One indicator or a list of GET /api/indicators; `with` as in the URL. Throws Refusal.
  static RowForm single(std::string_view with);
  // Adds what `with` of a search names.
  void add_with(std::string_view with);
};

// The parts of a list with commas, blanks around them dropped, empty ones too.
std::vector<std::string> comma_list(std::string_view text);

}  // namespace lab::threatq
