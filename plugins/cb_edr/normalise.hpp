// SPDX-License-Identifier: Apache-2.0
// From a ThreatQ indicator to what Carbon Black Cloud matches on, or the reason why it cannot. Pure
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cb_edr {

enum class Kind : uint8_t { kOther, kIp, kFqdn, kMd5, kSha256 };

// Type names are compared without case, blanks and invisible marks: the guide says "IPAddress",
// ThreatQ "IP Address".
Kind kind_of(std::string_view type_name);

// For people: what kind_of() knows.
constexpr std::string_view kExportedTypes = "IP Address, IPv6 Address, FQDN, MD5 and SHA-256";
bool same_type(std::string_view a, std::string_view b);  // as kind_of() compares

// Fields of an IOC (seen in the vendor's own connectors; IPv6 form documented by the vendor).
enum class Field : uint8_t { kIpv4, kIpv6, kDomain, kHash };
std::string_view field_name(Field field);

// Why a value of a supported type is left out; stable texts, counted in the run record.
enum class Refusal : uint8_t {
  kNone,
  kIp,
  kCidr,
  kDomain,
  // Of names with characters outside ASCII, which have no ASCII form.
  kNameCharacter,
  kNamePlace,
  kNameDirection,
  kNameLong,
  kNameAlabel,
  kNameUtf8,
  kMd5,
  kSha256,
};
constexpr size_t kRefusals = static_cast<size_t>(Refusal::kSha256) + 1;
std::string_view refusal_reason(Refusal refusal);

struct Normal {
  Refusal refusal = Refusal::kNone;
  Field field = Field::kHash;
};

// Writes the normal form to `out` (cleared first); what blanks.hpp calls blanks at the value's ends
// is no part of it. REQUIRES: kind is not kOther.
Normal normalise(Kind kind, std::string_view value, std::string* out);

}  // namespace cb_edr
