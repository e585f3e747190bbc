// SPDX-License-Identifier: Apache-2.0
// JsonReader: pulls tokens out of JSON that arrives in pieces (an HTTP body, a string), in bounded
// memory. Strict (RFC 8259, valid UTF-8): a text that is cut, damaged or followed by more never
// passes for a whole document. One thread at a time; borrows its source. After a failure every call
// fails the same way.
#pragma once

#include <tqp/json_scan.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tqp {

class JsonReader {
 public:
  // From anything with `Result<size_t> read(char*, size_t)`, as tqp::Call has it: bytes read, 0 at
  // the end. A failure of the source fails the document with it.
  template <typename Source, typename = decltype(std::declval<Source&>().read(nullptr, size_t{}))>
  explicit JsonReader(Source& source, JsonLimits limits = {})
      : scan_([](void* from, char* buffer,
                 size_t capacity) { return static_cast<Source*>(from)->read(buffer, capacity); },
              &source, limits) {}
  // From text in memory, which must outlive the reader.
  explicit JsonReader(std::string_view text, JsonLimits limits = {}) : scan_(text, limits) {}

  // kEnd after the document's value, when nothing but blanks follows it; then again and again.
  Result<Token> next() {
    Token token{};
    if (!scan_.step(token)) return scan_.failure();
    return token;
  }

  // Of the last key, string or number; until the next call.
  std::string_view text() const { return scan_.text(); }
  // The last number, when it is written as an integer and fits.
  std::optional<int64_t> int64() const { return integer<int64_t>(); }
  std::optional<uint64_t> uint64() const { return integer<uint64_t>(); }
  // Infinite when too large for a double, 0 when too small.
  double real() const {
    const std::string& text = scan_.text();
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc::result_out_of_range) return number;
    return order() > 0 ? (text[0] == '-' ? -HUGE_VAL : HUGE_VAL) : 0.0;
  }
  uint64_t position() const { return scan_.position(); }  // bytes taken

  // ---- the usual walk ----

  Result<void> expect(Token wanted) {
    TQP_ASSIGN(const Token token, next());
    if (token == wanted) return {};
    return unexpected(token, token_name(wanted));
  }
  // Inside an object: true with the next member's name in text(), false at its end.
  Result<bool> next_key() {
    TQP_ASSIGN(const Token token, next());
    if (token == Token::kKey) return true;
    if (token == Token::kEndObject) return false;
    return unexpected(token, "a member's name");
  }
  // Inside an array: true with the first token of the next element, false at its end.
  Result<bool> next_element(Token& token) {
    TQP_ASSIGN(token, next());
    return token != Token::kEndArray;
  }
  // Reads on to the end of the value that `first` began; a scalar is already at its end.
  Result<void> skip(Token first) {
    if (first != Token::kBeginObject && first != Token::kBeginArray) return {};
    const size_t outside = scan_.depth() - 1;
    while (scan_.depth() > outside) TQP_TRY(next());
    return {};
  }
  // Reads one whole value and forgets it, as after a name that does not matter.
  Result<void> skip() {
    TQP_ASSIGN(const Token first, next());
    return skip(first);
  }
  // The next value as text, or an error that names what stands there.
  Result<std::string> string() {
    TQP_TRY(expect(Token::kString));
    return std::string(text());
  }
  // REQUIRES: the document's value was read. Fails unless nothing follows and the source ended
  // well.
  Result<void> finish() { return expect(Token::kEnd); }

 private:
  // Decimal places before the point, for a number that is not 0: 1 for 5, -1 for 0.05, 4 for 5e3.
  int64_t order() const {
    const std::string& text = scan_.text();
    const size_t e = std::min(text.find_first_of("eE"), text.size());
    const size_t point = std::min(text.find('.'), e);
    const size_t first = text.find_first_of("123456789");
    int64_t exponent = 0;
    if (e < text.size()) {
      const size_t digits = text[e + 1] == '+' ? e + 2 : e + 1;
      const auto parsed =
          std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
      if (parsed.ec != std::errc()) exponent = text[digits] == '-' ? INT32_MIN : INT32_MAX;
      exponent = std::clamp<int64_t>(exponent, INT32_MIN, INT32_MAX);
    }
    const auto place = static_cast<int64_t>(point) - static_cast<int64_t>(first);
    return (place > 0 ? place : place + 1) + exponent;
  }
  Error unexpected(Token token, std::string_view wanted) {
    scan_.fail("unexpected " + std::string(token_name(token)) + " instead of " +
               std::string(wanted));
    return scan_.failure();
  }
  template <typename N>
  std::optional<N> integer() const {
    const std::string& text = scan_.text();
    N number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
  }

  JsonScan scan_;
};

}  // namespace tqp
