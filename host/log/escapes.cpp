// SPDX-License-Identifier: Apache-2.0
#include "log/escapes.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace tq {
namespace {

constexpr size_t kLongestEscape = 12;  // "\ud83d\ude00"
constexpr size_t kWindowBytes = 40;    // enough for an escape whose every character is escaped

constexpr std::pair<std::string_view, char> kNames[] = {
    {"amp", '&'},    {"lt", '<'},      {"gt", '>'},     {"quot", '"'},   {"apos", '\''},
    {"sol", '/'},    {"bsol", '\\'},   {"plus", '+'},   {"equals", '='}, {"colon", ':'},
    {"semi", ';'},   {"num", '#'},     {"percnt", '%'}, {"commat", '@'}, {"excl", '!'},
    {"dollar", '$'}, {"ast", '*'},     {"lpar", '('},   {"rpar", ')'},   {"lsqb", '['},
    {"lbrack", '['}, {"rsqb", ']'},    {"rbrack", ']'}, {"lcub", '{'},   {"lbrace", '{'},
    {"rcub", '}'},   {"rbrace", '}'},  {"grave", '`'},  {"verbar", '|'}, {"vert", '|'},
    {"hat", '^'},    {"lowbar", '_'},  {"comma", ','},  {"period", '.'}, {"quest", '?'},
    {"tab", '\t'},   {"newline", '\n'}};

// U+00A0 to U+00FF, as HTML names them.
constexpr std::string_view kLatin =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn "
    "sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave "
    "Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml "
    "ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN "
    "szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave "
    "iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute "
    "ucirc uuml yacute thorn yuml ";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number that `count` digits of base 16 are; -1: not so many digits.
int32_t hex(std::string_view text, size_t at, size_t count) {
  if (text.size() < at + count) return -1;
  int32_t out = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (digit(text[i]) < 0) return -1;
    out = out * 16 + digit(text[i]);
  }
  return out;
}

Reading byte(char c, size_t length) { return {{c}, 1, length}; }

Reading character(uint32_t code, size_t length) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return byte(static_cast<char>(code), length);
  if (code < 0x800) return {{static_cast<char>(0xC0 | (code >> 6)), tail(0)}, 2, length};
  if (code < 0x10000)
    return {{static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)}, 3, length};
  if (code < 0x110000)
    return {{static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)}, 4, length};
  return {};
}

Reading backslash(std::string_view text) {
  if (text.size() < 2) return {};
  const char c = text[1];
  if (c == 'u') {
    const int32_t high = hex(text, 2, 4);
    if (high < 0) return {};
    const bool pair = high >= 0xD800 && high < 0xDC00 && text.substr(6, 2) == "\\u";
    const int32_t low = pair ? hex(text, 8, 4) : -1;
    if (low >= 0xDC00 && low < 0xE000)
      return character(0x10000 + ((static_cast<uint32_t>(high) - 0xD800) << 10) +
                           (static_cast<uint32_t>(low) - 0xDC00),
                       12);
    return character(static_cast<uint32_t>(high), 6);
  }
  if (c == 'x') {
    const int32_t value = hex(text, 2, 2);
    return value < 0 ? Reading() : byte(static_cast<char>(value), 4);
  }
  constexpr std::string_view kLetters = "bfnrt", kMeant = "\b\f\n\r\t";
  if (const size_t at = kLetters.find(c); at != std::string_view::npos) return byte(kMeant[at], 2);
  const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return plain ? Reading() : byte(c, 2);
}

Reading percent(std::string_view text) {
  if (const int32_t value = hex(text, 1, 2); value >= 0) return byte(static_cast<char>(value), 3);
  const int32_t code = text.size() > 1 && (text[1] == 'u' || text[1] == 'U') ? hex(text, 2, 4) : -1;
  return code < 0 ? Reading() : character(static_cast<uint32_t>(code), 6);
}

Reading named(std::string_view name, size_t length) {
  if (name == "euro") return character(0x20AC, length);
  for (const auto& [known, c] : kNames)
    if (std::equal(name.begin(), name.end(), known.begin(), known.end(),
                   [](char a, char b) { return (a | 0x20) == b; }))
      return byte(c, length);
  uint32_t code = 0xA0;
  for (size_t at = 0; at < kLatin.size(); ++code) {
    const size_t end = kLatin.find(' ', at);
    if (kLatin.substr(at, end - at) == name) return character(code, length);
    at = end + 1;
  }
  return {};
}

Reading entity(std::string_view text) {
  size_t at = 1;
  if (text.size() < 3) return {};
  if (text[1] != '#') {
    const size_t end = text.substr(0, kLongestEscape).find(';');
    return end == std::string_view::npos || end < 2 ? Reading()
                                                    : named(text.substr(1, end - 1), end + 1);
  }
  const bool sixteen = text[2] == 'x' || text[2] == 'X';
  const int base = sixteen ? 16 : 10;
  at = sixteen ? 3 : 2;
  const size_t begin = at;
  uint32_t code = 0;
  for (; at < text.size() && at < begin + 7 && digit(text[at]) >= 0 && digit(text[at]) < base; ++at)
    code = code * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit(text[at]));
  if (at == begin) return {};
  if (at < text.size() && text[at] == ';') ++at;  // browsers do without
  return character(code, at);
}

// Of one layer.
Reading read_one(std::string_view text) {
  switch (text.front()) {
    case '\\':
      return backslash(text);
    case '%':
      return percent(text);
    case '&':
      return entity(text);
    case '+':
      return byte(' ', 1);  // of a form
    default:
      return {};
  }
}

void read_layers(std::string_view text, Readings* out) {
  const Reading first = read_one(text);
  if (first.size == 0 || out->count == out->items.size()) return;
  out->items[out->count++] = first;
  if (first.size != 1 || !begins_escape(first.bytes[0]) || first.bytes[0] == '+') return;
  // What the text says without this layer, and how much of the text each byte of it took.
  std::string below;
  std::array<size_t, kWindowBytes + 1> ends{};
  size_t at = 0;
  while (at < text.size() && at < kWindowBytes && below.size() < kLongestEscape) {
    const Reading next =
        begins_escape(text[at]) && text[at] != '+' ? read_one(text.substr(at)) : Reading();
    at += next.size == 0 ? 1 : next.length;
    const std::string_view said =
        next.size == 0 ? text.substr(at - 1, 1) : std::string_view(next.bytes.data(), next.size);
    for (const char c : said) {
      below += c;
      ends[below.size()] = at;
    }
  }
  const size_t had = out->count;
  read_layers(below, out);
  for (size_t i = had; i < out->count; ++i) out->items[i].length = ends[out->items[i].length];
}

}  // namespace

Readings read_escape(std::string_view text) {
  Readings out;
  read_layers(text.substr(0, kWindowBytes), &out);
  return out;
}

bool is_cut_escape(std::string_view text) {
  if (text.empty() || text.size() >= kLongestEscape || !begins_escape(text.front())) return false;
  return std::all_of(text.begin() + 1, text.end(), [](char c) {
    return c == '#' || c == '\\' || c == '%' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  });
}

}  // namespace tq
