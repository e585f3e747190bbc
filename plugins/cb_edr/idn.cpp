// SPDX-License-Identifier: Apache-2.0
#include "idn.hpp"

#include <idn2.h>

#include <memory>
#include <new>

namespace cb_edr {
namespace {

// No name needs more: a label of 63 bytes has at most as many characters, of four bytes each.
constexpr size_t kLongestNameBytes = 4 * 255;
constexpr int kFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;

struct Free {
  void operator()(char* text) const { idn2_free(text); }
};
using Text = std::unique_ptr<char, Free>;

// The library's reasons in few: each is counted apart in the run record.
Refusal refusal_of(int error) {
  switch (error) {
    case IDN2_MALLOC:
      throw std::bad_alloc();
    case IDN2_DISALLOWED:
    case IDN2_UNASSIGNED:
    case IDN2_INVALID_TRANSITIONAL:
    case IDN2_INVALID_NONTRANSITIONAL:
      return Refusal::kNameCharacter;
    case IDN2_2HYPHEN:
    case IDN2_HYPHEN_STARTEND:
    case IDN2_LEADING_COMBINING:
    case IDN2_CONTEXTJ:
    case IDN2_CONTEXTJ_NO_RULE:
    case IDN2_CONTEXTO:
    case IDN2_CONTEXTO_NO_RULE:
    case IDN2_DOT_IN_LABEL:
      return Refusal::kNamePlace;
    case IDN2_BIDI:
      return Refusal::kNameDirection;
    case IDN2_TOO_BIG_DOMAIN:
    case IDN2_TOO_BIG_LABEL:
    case IDN2_PUNYCODE_BIG_OUTPUT:
    case IDN2_PUNYCODE_OVERFLOW:
      return Refusal::kNameLong;
    case IDN2_PUNYCODE_BAD_INPUT:
    case IDN2_INVALID_ALABEL:
    case IDN2_UALABEL_MISMATCH:
      return Refusal::kNameAlabel;
    case IDN2_ENCODING_ERROR:
      return Refusal::kNameUtf8;
    default:
      return Refusal::kDomain;
  }
}

}  // namespace

Refusal idn_to_ascii(std::string_view name, std::string* out) {
  if (name.size() > kLongestNameBytes) return Refusal::kNameLong;
  if (name.find('\0') != std::string_view::npos) return Refusal::kDomain;
  char* raw = nullptr;
  const int error = idn2_to_ascii_8z(std::string(name).c_str(), &raw, kFlags);
  const Text text(raw);
  if (error != IDN2_OK) return refusal_of(error);
  out->assign(text.get());
  return Refusal::kNone;
}

std::string idn_to_unicode(const std::string& ascii) {
  if (ascii.find("xn--") == std::string::npos) return {};
  char* raw = nullptr;
  const int error = idn2_to_unicode_8z8z(ascii.c_str(), &raw, 0);
  const Text text(raw);
  if (error == IDN2_MALLOC) throw std::bad_alloc();
  if (error != IDN2_OK || text.get() == ascii) return {};
  return text.get();
}

}  // namespace cb_edr
