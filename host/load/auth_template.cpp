// SPDX-License-Identifier: Apache-2.0
#include "load/auth_template.hpp"

#include "core/text.hpp"

namespace tq {
namespace {

using Kind = TemplatePart::Kind;

constexpr int kDeepest = 4;
constexpr std::string_view kHmacSha256 = "hmac_sha256:";

Error wrong(std::string reason) { return {Status::kConfig, std::move(reason)}; }

// Where the brace closes that opens at the beginning; npos when none does.
size_t closing_brace(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

Result<std::vector<TemplatePart>> parse(std::string_view text, int depth);

Result<TemplatePart> parse_form(std::string_view form, int depth) {
  if (form == "unix_s") return TemplatePart{Kind::kUnixSeconds};
  if (form == "method") return TemplatePart{Kind::kMethod};
  if (form == "target") return TemplatePart{Kind::kTarget};
  if (form.substr(0, kHmacSha256.size()) == kHmacSha256) {
    form.remove_prefix(kHmacSha256.size());
    const size_t colon = form.find(':');
    if (colon == std::string_view::npos || !is_json_pointer(form.substr(0, colon)))
      return wrong("{hmac_sha256:...} takes a JSON pointer, a colon and a text");
    if (depth >= kDeepest) return wrong("forms are nested deeper than 4 levels");
    TQ_ASSIGN(auto inner, parse(form.substr(colon + 1), depth + 1));
    return TemplatePart{Kind::kHmacSha256, std::string(form.substr(0, colon)), std::move(inner)};
  }
  if (is_json_pointer(form)) return TemplatePart{Kind::kSetting, std::string(form)};
  return wrong(
      "unknown form {" + printable(form, 60) +
      "}; there are {/setting}, {unix_s}, {method}, {target}, {hmac_sha256:/setting:text}");
}

Result<std::vector<TemplatePart>> parse(std::string_view text, int depth) {
  std::vector<TemplatePart> parts;
  while (!text.empty()) {
    const size_t brace = text.find_first_of("{}");
    if (brace > 0) parts.push_back({Kind::kText, std::string(text.substr(0, brace))});
    if (brace == std::string_view::npos) break;
    text.remove_prefix(brace);
    const size_t end = closing_brace(text);
    if (text.front() == '}') return wrong("a \"}\" without its \"{\"");
    if (end == std::string_view::npos) return wrong("a \"{\" without its \"}\"");
    TQ_ASSIGN(auto part, parse_form(text.substr(1, end - 1), depth));
    parts.push_back(std::move(part));
    text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

Result<std::vector<TemplatePart>> parse_auth_template(std::string_view text) {
  return parse(text, 1);
}

std::vector<std::string> settings_of(const std::vector<TemplatePart>& parts) {
  std::vector<std::string> pointers;
  for (const TemplatePart& part : parts) {
    if (part.kind == Kind::kSetting || part.kind == Kind::kHmacSha256)
      pointers.push_back(part.text);
    const auto inner = settings_of(part.inner);
    pointers.insert(pointers.end(), inner.begin(), inner.end());
  }
  return pointers;
}

bool is_json_pointer(std::string_view text) {
  if (text.size() < 2 || text.front() != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f) return false;
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return true;
}

}  // namespace tq
