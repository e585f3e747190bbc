// SPDX-License-Identifier: Apache-2.0
#include "log/patterns.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "log/escapes.hpp"

namespace tq {
namespace {

// Shorter values would blacken ordinary text, and shorter pieces of a value give little away.
constexpr size_t kShortestValue = 4;
// At an end that nobody marked, half a value is hidden, and eight bytes are enough of any: a word
// that happens to end a text like a password begins must not go for less.
constexpr size_t kPieceUnmarked = 8;
// Of base64: fewer would stand in ordinary words.
constexpr size_t kShortestBase64 = 5;
constexpr size_t kStepsPerByte = 8;  // of a comparison that goes more than one way

// One of both alphabets of base64.
char standard(char c) { return c == '-' ? '+' : c == '_' ? '/' : c; }

// The same for whatever any pattern takes as the same.
char fold(char c) { return standard(to_lower(c)); }
size_t slot(char c) { return static_cast<unsigned char>(fold(c)); }

bool is_base64(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
         c == '/' || c == '-' || c == '_';
}

bool same(const Pattern& pattern, char in_text, char in_pattern) {
  return pattern.kind == Pattern::Kind::kPlain ? to_lower(in_text) == in_pattern
                                               : standard(in_text) == in_pattern;
}

// "..." or its one character: what stands before it was shortened.
bool is_mark(std::string_view text, size_t at) {
  return text.substr(at, 3) == "..." || text.substr(at, 3) == "\xE2\x80\xA6";
}

// Whether the text was cut here, or in the escape that begins here.
bool is_cut_at(std::string_view text, size_t at, bool* marked) {
  *marked = false;
  if (at == text.size()) return true;
  if ((*marked = is_mark(text, at))) return true;
  if (!begins_escape(text[at])) return false;
  size_t end = at;
  while (end < text.size() && !is_mark(text, end) && end - at < 12) ++end;
  *marked = end < text.size() && is_mark(text, end);
  return (end == text.size() || *marked) && is_cut_escape(text.substr(at, end - at));
}

struct Way {
  size_t in_pattern, at;
};

// One comparison: from `from` of the pattern on, at `at` of the text.
class Comparison {
 public:
  Comparison(const Pattern& pattern, std::string_view text, const Patterns::Ends& ends)
      : pattern_(pattern), wanted_(pattern.text.reveal()), text_(text), ends_(ends) {}

  // Where it ends, or 0.
  size_t run(size_t from, size_t at) {
    size_t steps = kStepsPerByte * (wanted_.size() + 8);
    Way way{from, at};
    while (steps-- > 0) {
      if (way.in_pattern == wanted_.size()) return std::max(way.at, piece_end_);
      if (step(&way)) continue;
      if (others_.empty()) break;
      way = others_.back();
      others_.pop_back();
    }
    return piece_end_;
  }

 private:
  // Further on this way, if there is any.
  bool step(Way* way) {
    if (way->at >= text_.size() || begins_escape(text_[way->at]) || text_[way->at] == '.' ||
        text_[way->at] == '\xE2')
      note_piece(*way);
    if (way->at >= text_.size()) return false;
    const char here = text_[way->at];
    if (begins_escape(here)) try_escapes(*way);
    if (!same(pattern_, here, wanted_[way->in_pattern])) return false;
    ++way->in_pattern, ++way->at;
    return true;
  }

  void try_escapes(const Way& way) {
    const Readings readings = read_escape(text_.substr(way.at));
    for (size_t i = 0; i < readings.count; ++i) {
      const Reading& reading = readings.items[i];
      if (reading.size > wanted_.size() - way.in_pattern) continue;
      bool fits = true;
      for (size_t k = 0; k < reading.size; ++k)
        fits = fits && same(pattern_, reading.bytes[k], wanted_[way.in_pattern + k]);
      if (fits) others_.push_back({way.in_pattern + reading.size, way.at + reading.length});
    }
  }

  // A value that the end of the text cuts off.
  void note_piece(const Way& way) {
    bool marked = false;
    if (way.in_pattern < pattern_.least || !is_cut_at(text_, way.at, &marked)) return;
    const bool known = marked || ends_.tail_cut;
    if (!known && (!ends_.tail_open || way.in_pattern < pattern_.least_unmarked)) return;
    size_t end = way.at;
    while (end < text_.size() && !is_mark(text_, end)) ++end;  // of an escape
    piece_end_ = std::max(piece_end_, end);
  }

  const Pattern& pattern_;
  const std::string_view wanted_;
  const std::string_view text_;
  const Patterns::Ends ends_;
  std::vector<Way> others_;
  size_t piece_end_ = 0;
};

// Digits beside the pattern hold bits of the value, too, and the padding tells its length.
Span widened(const Pattern& pattern, std::string_view text, Span span) {
  if (pattern.kind == Pattern::Kind::kPlain) return span;
  if (span.begin > 0 && is_base64(text[span.begin - 1])) --span.begin;
  if (span.end < text.size() && is_base64(text[span.end])) ++span.end;
  for (int i = 0; i < 2 && span.end < text.size() && text[span.end] == '='; ++i) ++span.end;
  return span;
}

void add(std::string_view text, Pattern::Kind kind, size_t per_value, size_t value_size,
         ValuePatterns* out) {
  Pattern pattern;
  pattern.text = Secret(text);
  pattern.kind = kind;
  const auto scaled = [&](size_t bytes) {
    return std::max<size_t>((bytes * per_value + 2) / 3, kShortestValue);
  };
  pattern.least = scaled(kShortestValue);
  pattern.least_unmarked =
      scaled(std::clamp(value_size / 2, kShortestValue, std::max(kPieceUnmarked, kShortestValue)));
  out->push_back(std::move(pattern));
}

// Those digits of base64 that do not depend on what stands around the value, `offset` bytes behind
// the beginning of a group.
std::string base64_digits(std::string_view value, size_t offset) {
  std::string padded(offset, ' ');
  padded += value;
  const size_t first = (8 * offset + 5) / 6, last = 8 * padded.size() / 6;
  std::string digits = base64(padded);
  std::string out = last > first ? digits.substr(first, last - first) : std::string();
  wipe(padded);
  wipe(digits);
  return out;
}

}  // namespace

std::shared_ptr<const ValuePatterns> patterns_of(std::string_view value) {
  auto out = std::make_shared<ValuePatterns>();
  if (value.size() < kShortestValue) return out;
  // `per_value`: thirds of a byte of the pattern for each byte of the value.
  std::string plain = to_lower(value);
  add(plain, Pattern::Kind::kPlain, 3, value.size(), out.get());
  std::string digits = to_hex(value);
  add(digits, Pattern::Kind::kPlain, 6, value.size(), out.get());
  wipe(digits);
  wipe(plain);
  for (size_t offset = 0; offset < 3; ++offset) {
    digits = base64_digits(value, offset);
    if (digits.size() >= kShortestBase64)
      add(digits, Pattern::Kind::kBase64, 4, value.size(), out.get());
    wipe(digits);
  }
  return out;
}

Patterns::Patterns(std::vector<std::shared_ptr<const ValuePatterns>> values)
    : values_(std::move(values)) {
  for (const auto& value : values_)
    for (const Pattern& pattern : *value) {
      const std::string_view text = pattern.text.reveal();
      by_first_[slot(text[0])].push_back({&pattern, fold(text[1])});
    }
}

std::vector<Span> Patterns::find(std::string_view text, const Ends& ends) const {
  std::vector<Span> found;
  if (values_.empty()) return found;
  if (ends.head_cut) find_head(text, &found);
  for (size_t at = 0; at < text.size(); ++at) find_at(text, at, ends, &found);
  // One value may lie in another, and two may overlap.
  std::sort(found.begin(), found.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<Span> out;
  for (const Span& span : found) {
    if (out.empty() || span.begin >= out.back().end) {
      out.push_back(span);
    } else {
      out.back().end = std::max(out.back().end, span.end);
    }
  }
  return out;
}

void Patterns::find_at(std::string_view text, size_t at, const Ends& ends,
                       std::vector<Span>* out) const {
  const auto compare = [&](const Pattern& pattern) {
    const size_t end = Comparison(pattern, text, ends).run(0, at);
    if (end > at) out->push_back(widened(pattern, text, {at, end}));
  };
  const char next = at + 1 < text.size() ? text[at + 1] : '\\';
  const bool next_is_plain = !begins_escape(next);
  for (const Entry& entry : by_first_[slot(text[at])])
    if (!next_is_plain || fold(next) == entry.second) compare(*entry.pattern);
  if (!begins_escape(text[at])) return;
  const Readings readings = read_escape(text.substr(at));
  for (size_t i = 0; i < readings.count; ++i) {
    const size_t first = slot(readings.items[i].bytes[0]);
    // Compared above, but without those whose second character is not the next one as it stands.
    if (first == slot(text[at]) && !next_is_plain) continue;
    for (const Entry& entry : by_first_[first]) compare(*entry.pattern);
  }
}

void Patterns::find_head(std::string_view text, std::vector<Span>* out) const {
  for (const auto& value : values_)
    for (const Pattern& pattern : *value) {
      const size_t size = pattern.text.reveal().size();
      for (size_t from = 1; from + pattern.least <= size; ++from) {
        const size_t end = Comparison(pattern, text, {}).run(from, 0);
        if (end == 0) continue;
        out->push_back(widened(pattern, text, {0, end}));
        break;
      }
    }
}

}  // namespace tq
