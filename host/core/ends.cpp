// SPDX-License-Identifier: Apache-2.0
#include "core/ends.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "core/file.hpp"
#include "core/secret.hpp"

namespace tq {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kUtf16LookBytes = 64;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Of a character, by its first byte, 1 to 4; 0: none begins so.
size_t length_by(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80   ? 1
         : byte < 0xC0 ? 0
         : byte < 0xE0 ? 2
         : byte < 0xF0 ? 3
         : byte < 0xF8 ? 4
                       : 0;
}

uint32_t code_of(std::string_view character) {
  if (character.size() == 1) return static_cast<unsigned char>(character.front());
  uint32_t code = static_cast<unsigned char>(character.front()) & (0x7Fu >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

// A lone byte where it is no UTF-8, which binary data is not.
std::string_view first_character(std::string_view text) {
  const size_t length = length_by(text.front());
  if (length == 0 || length > text.size()) return text.substr(0, 1);
  const std::string_view character = text.substr(0, length);
  const bool whole = std::all_of(character.begin() + 1, character.end(), continues);
  return whole ? character : text.substr(0, 1);
}

std::string_view last_character(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    const std::string_view end = text.substr(text.size() - length);
    if (length_by(end.front()) == length) return end;
    if (!continues(end.front())) break;
  }
  return text.substr(text.size() - 1);
}

std::string numbered(const char* what, uint32_t code) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%s (U+%04X)", what, code);
  return text.data();
}

// "" when it can be seen.
std::string name_of(uint32_t code) {
  if (code == ' ') return "a blank";
  if (code == '\t') return "a tab";
  if (code == '\n' || code == '\r') return "an end of a line";
  if (code < 0x20 || code == 0x7F) return numbered("a control character", code);
  if (code == 0xA0 || code == 0x202F) return numbered("a no-break space", code);
  if (code == 0xFEFF) return numbered("a byte order mark", code);
  if ((code >= 0x200B && code <= 0x200D) || code == 0x2060)
    return numbered("a zero-width character", code);
  if (code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x205F || code == 0x3000)
    return numbered("a blank", code);
  if (code == 0xAD || code == 0x180E || code == 0x200E || code == 0x200F || code == 0x2028 ||
      code == 0x2029 || (code >= 0x202A && code <= 0x202E) || (code >= 0x2061 && code <= 0x206F))
    return numbered("an invisible character", code);
  return {};
}

}  // namespace

std::string_view cut_ends(std::string_view value) {
  if (value.starts_with(kByteOrderMark)) value.remove_prefix(kByteOrderMark.size());
  for (const char end : {'\n', '\r'})  // of Windows, too
    if (value.ends_with(end)) value.remove_suffix(1);
  return value;
}

std::string invisible_ends(std::string_view value) {
  if (value.empty()) return {};
  const std::string first = name_of(code_of(first_character(value)));
  const std::string last = name_of(code_of(last_character(value)));
  std::string out = first.empty() ? std::string() : "begins with " + first;
  if (!last.empty()) out += (out.empty() ? "ends in " : " and ends in ") + last;
  return out;
}

std::string note_invisible_ends(
    const std::vector<std::pair<std::string, std::string_view>>& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    const std::string ends = invisible_ends(value);
    if (!ends.empty()) out += (out.empty() ? "; note that " : ", and that ") + name + " " + ends;
  }
  return out.empty() ? out : out + ": if that is not meant, enter it again without";
}

bool is_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;
  const size_t size = std::min(bytes.size(), kUtf16LookBytes) & ~size_t{1};
  if (size < 4) return false;
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < size; ++i) zeros[i % 2] += bytes[i] == '\0' ? 1 : 0;
  // Text that is mostly ASCII has its zeros on one side only.
  return std::max(zeros[0], zeros[1]) * 4 >= size && std::min(zeros[0], zeros[1]) == 0;
}

Error utf16_error(const std::string& what) {
  return {Status::kConfig, what + " is UTF-16; save it as UTF-8"};
}

Result<std::string> read_text_file(const std::filesystem::path& path, size_t limit, Pipes pipes) {
  TQ_ASSIGN(std::string text, read_file(path, limit, pipes));
  if (!is_utf16(text)) return text;
  wipe(text);
  return utf16_error(path.string());
}

}  // namespace tq
