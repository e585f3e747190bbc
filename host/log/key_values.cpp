// SPDX-License-Identifier: Apache-2.0
#include "log/key_values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr std::string_view kMask = "***";
constexpr size_t kShortestUnknown = 6;  // of a word within a sentence that looks like a secret
constexpr std::string_view kSeparators = " \t\r\n&;,)}]\"'";

struct Range {
  size_t begin = 0, end = 0;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_key_char(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool is_quote(char c) { return c == '"' || c == '\''; }

size_t skip_blanks(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(" \t", at), text.size());
}

// A key in front of "=" or ":", and whether it stands in quotes, which may be escaped.
struct Key {
  Range place{};
  bool quoted = false;
};

Key key_before(std::string_view text, size_t at) {
  Key key;
  size_t end = at;
  size_t quote = end;
  while (quote > 0 && (text[quote - 1] == ' ' || text[quote - 1] == '\t')) --quote;
  if (quote > 0 && is_quote(text[quote - 1])) {
    key.quoted = true;
    end = quote - 1;
    while (end > 0 && text[end - 1] == '\\') --end;
  }
  size_t begin = end;
  while (begin > 0 && is_key_char(text[begin - 1])) --begin;
  // "\\nCookie: a": the line's end as JSON writes it.
  if (begin > 0 && begin < end && text[begin - 1] == '\\' &&
      (text[begin] == 'n' || text[begin] == 'r'))
    ++begin;
  key.place = {begin, end};
  return key;
}

// A line may also end as JSON or a log writes it.
bool at_line_start(std::string_view text, size_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '>')) --at;
  if (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r') return true;
  const std::string_view before = text.substr(0, at);
  return before.ends_with("\\n") || before.ends_with("\\r");
}

size_t line_end(std::string_view text, size_t at) {
  const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
  const size_t written = std::min(text.find("\\r", at), text.find("\\n", at));
  return std::min(end, written);
}

// From behind the opening quote to before the closing one, which looks the same.
std::optional<Range> quoted_value(std::string_view text, size_t at) {
  size_t escapes = 0;
  while (at + escapes < text.size() && text[at + escapes] == '\\') ++escapes;
  if (at + escapes >= text.size() || !is_quote(text[at + escapes])) return std::nullopt;
  const std::string_view quote = text.substr(at, escapes + 1);
  const size_t begin = at + quote.size();
  for (size_t end = begin; end < text.size(); ++end) {
    if (text.substr(end, quote.size()) == quote) return Range{begin, end};
    if (escapes == 0 && text[end] == '\\') ++end;
  }
  return Range{begin, text.size()};
}

std::string_view word_at(std::string_view text, size_t at) {
  return text.substr(at, std::min(text.find_first_of(kSeparators, at), text.size()) - at);
}

// "must", "Token", "isn't,": letters only.
bool is_plain_word(std::string_view word) {
  while (!word.empty() && std::string_view(".,;:!?").find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  if (word.empty() || !is_letter(word.front())) return false;
  return std::all_of(word.begin() + 1, word.end(),
                     [](char c) { return (is_letter(c) && !is_upper(c)) || c == '-'; });
}

// Two plain words begin a sentence.
bool is_prose(std::string_view line) {
  const size_t first = std::min(line.find(' '), line.size());
  const size_t second = skip_blanks(line, first);
  if (second == line.size() || !is_plain_word(line.substr(0, first))) return false;
  return is_plain_word(line.substr(second, line.find(' ', second) - second));
}

bool looks_secret(std::string_view word) {
  if (word.size() < kShortestUnknown || word.find("://") != std::string_view::npos) return false;
  const bool digits = std::any_of(word.begin(), word.end(), is_digit);
  const bool letters = std::any_of(word.begin(), word.end(), is_letter);
  const bool capitals = std::any_of(word.begin() + 1, word.end(), is_upper) &&
                        !std::all_of(word.begin(), word.end(), is_upper);
  return letters ? digits || capitals : digits && word.size() >= 8;
}

bool is_scheme(std::string_view word) {
  constexpr std::array<std::string_view, 9> kSchemes = {
      "bearer", "basic", "digest", "token", "negotiate", "ntlm", "apikey", "api-key", "tc"};
  const std::string lower = to_lower(word);
  return std::find(kSchemes.begin(), kSchemes.end(), lower) != kSchemes.end();
}

// Behind "Key:": to the end of a header's line, or a word of a sentence that is no word.
std::optional<Range> header_value(std::string_view text, const Key& key, size_t begin) {
  const size_t end = line_end(text, begin);
  const bool header = at_line_start(text, key.place.begin);
  const std::string_view line = text.substr(begin, end - begin);
  const std::string_view first = word_at(line, 0);
  if (is_scheme(first)) {
    const size_t at = skip_blanks(line, first.size());
    const std::string_view credential = word_at(line, at);
    const bool last = at + credential.size() == line.size();
    if (!credential.empty() && (last || looks_secret(credential)))
      return Range{begin, header ? end : begin + at + credential.size()};
  }
  if (header) return is_prose(line) ? std::nullopt : std::optional(Range{begin, end});
  if (!looks_secret(first)) return std::nullopt;
  return Range{begin, begin + first.size()};
}

size_t skip_lines(std::string_view text, size_t at) {
  while (at < text.size()) {
    const bool written = text.substr(at, 2) == "\\n" || text.substr(at, 2) == "\\r";
    if (!written && !is_blank(text[at])) break;
    at += written ? 2 : 1;
  }
  return at;
}

bool is_no_value(std::string_view word) {
  return word == "null" || word == "true" || word == "false";
}

// The elements of a list, from behind its "[" on, also of lists in it.
std::vector<Range> list_elements(std::string_view text, size_t at) {
  std::vector<Range> out;
  for (size_t depth = 1; depth > 0;) {
    at = skip_lines(text, at);
    if (at < text.size() && text[at] == '[') {
      ++depth, ++at;
      continue;
    }
    if (const auto quoted = quoted_value(text, at)) {
      out.push_back(*quoted);
      at = quoted->end + (quoted->begin - at);  // its closing quote is as long as the opening one
    } else {
      const std::string_view word = word_at(text, at);
      if (word.starts_with('{')) break;
      if (!is_no_value(word)) out.push_back({at, at + word.size()});
      at += word.size();
    }
    at = skip_lines(text, at);
    for (; at < text.size() && text[at] == ']' && depth > 0; at = skip_lines(text, at + 1)) --depth;
    if (at >= text.size() || text[at] != ',') break;
    ++at;
  }
  return out;
}

// A value without quotes may itself begin with "[", and a header's line is hidden as a whole.
bool is_list(std::string_view text, const Key& key, size_t begin, bool colon) {
  if (begin >= text.size() || text[begin] != '[') return false;
  if (key.quoted) return true;
  if (colon && at_line_start(text, key.place.begin)) return false;
  return quoted_value(text, skip_lines(text, begin + 1)).has_value();
}

// More than one in a list.
std::vector<Range> values_behind(std::string_view text, const Key& key, size_t at) {
  const bool colon = text[at] == ':';
  size_t begin = colon ? skip_blanks(text, at + 1) : at + 1;
  // "POST https://tq.example/api/token: Connection refused": the end of a path and a reason.
  const bool path = key.place.begin > 0 && text[key.place.begin - 1] == '/' && !key.quoted;
  if (path && colon && begin > at + 1) return {};
  if (key.quoted && begin < text.size() && text[begin] == '>') begin = skip_blanks(text, begin + 1);
  if (is_list(text, key, begin, colon)) return list_elements(text, begin + 1);
  if (auto quoted = quoted_value(text, begin)) return {*quoted};
  if (colon && !key.quoted) {
    const auto value = header_value(text, key, begin);
    return value ? std::vector{*value} : std::vector<Range>();
  }
  const std::string_view word = word_at(text, begin);
  if (key.quoted && (is_no_value(word) || word.starts_with('{'))) return {};
  return {{begin, begin + word.size()}};
}

}  // namespace

std::string mask_key_values(std::string text, const std::function<bool(std::string_view)>& is_key) {
  for (size_t at = text.find_first_of("=:"); at != std::string::npos;
       at = text.find_first_of("=:", at + 1)) {
    const Key key = key_before(text, at);
    const std::string_view name =
        std::string_view(text).substr(key.place.begin, key.place.end - key.place.begin);
    if (name.empty() || !is_key(name)) continue;
    std::vector<Range> values = values_behind(text, key, at);
    std::erase_if(values, [](const Range& value) { return value.begin >= value.end; });
    if (values.empty()) continue;
    at = values.front().begin;
    for (auto value = values.rbegin(); value != values.rend(); ++value)
      text.replace(value->begin, value->end - value->begin, kMask);
  }
  return text;
}

}  // namespace tq
