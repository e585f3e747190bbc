// SPDX-License-Identifier: Apache-2.0
// JsonScan: the tokenizer under JsonReader, which says what it promises. Failures are kept inside
// so that a byte costs no Result. One thread at a time; borrows its source.
#pragma once

#include <tqp/json_writer.hpp>
#include <tqp/result.hpp>

#include <memory>
#include <vector>

namespace tqp {

enum class Token {
  kBeginObject,
  kEndObject,
  kBeginArray,
  kEndArray,
  kKey,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kEnd,
};

inline const char* token_name(Token token) {
  constexpr const char* kNames[] = {"'{'",      "'}'",      "'['",  "']'",   "a member's name",
                                    "a string", "a number", "true", "false", "null",
                                    "the end"};
  return kNames[static_cast<size_t>(token)];
}

struct JsonLimits {
  size_t depth = 64;
  size_t text_bytes = size_t{1} << 20;  // of one string, name or number
  size_t buffer_bytes = size_t{64} << 10;
};

class JsonScan {
 public:
  using Read = Result<size_t> (*)(void* source, char* buffer, size_t capacity);

  JsonScan(Read read, void* source, JsonLimits limits)
      : read_(read), source_(source), limits_(limits), buffer_(new char[limits.buffer_bytes]) {
    begin_ = at_ = end_ = buffer_.get();
  }
  JsonScan(std::string_view text, JsonLimits limits)
      : limits_(limits), begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // False after a failure.
  bool step(Token& token) {
    if (failure_.has_value()) return false;
    int c = skip_blanks();
    if (c == kFailed) return false;
    switch (want_) {
      case Want::kNothing:
        if (c != kEndOfSource) return fail("something follows the document");
        token = Token::kEnd;
        return true;
      case Want::kCommaOrEnd:
        if (c == '}' || c == ']') return close(static_cast<char>(c), token);
        if (c != ',') return bad(c, "',' or the end of the " + container());
        ++at_;
        c = skip_blanks();
        if (c == kFailed) return false;
        return nesting_.back() == '{' ? member(c, token) : value(c, token);
      case Want::kFirst:
        if (c == '}' || c == ']') return close(static_cast<char>(c), token);
        return nesting_.back() == '{' ? member(c, token) : value(c, token);
      case Want::kValue:
        return value(c, token);
    }
    return fail("unknown state");
  }

  const std::string& text() const { return text_; }
  size_t depth() const { return nesting_.size(); }
  uint64_t position() const { return before_ + static_cast<uint64_t>(at_ - begin_); }
  // REQUIRES: step() or fail() returned false
  const Error& failure() const { return *failure_; }
  bool fail(const std::string& what) {
    if (failure_.has_value()) return false;
    failure_ = Error{TQP_E_DATA, "JSON: " + what + ", at byte " + std::to_string(position())};
    return false;
  }

 private:
  enum class Want { kValue, kFirst, kCommaOrEnd, kNothing };
  static constexpr int kEndOfSource = -1, kFailed = -2;

  // The next byte, not taken.
  int peek() {
    if (at_ == end_ && !refill()) return kFailed;
    return at_ == end_ ? kEndOfSource : static_cast<unsigned char>(*at_);
  }
  bool refill() {
    if (read_ == nullptr || ended_) return true;
    before_ += static_cast<uint64_t>(end_ - begin_);
    at_ = end_ = begin_;
    Result<size_t> got = read_(source_, buffer_.get(), limits_.buffer_bytes);
    if (!got.ok()) {
      failure_ = std::move(got.error());
      return false;
    }
    ended_ = *got == 0;
    end_ = begin_ + *got;
    return true;
  }
  int skip_blanks() {
    for (;;) {
      const int c = peek();
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
      ++at_;
    }
  }
  // A byte that may not stand here; the end of the source means that the document was cut.
  bool bad(int c, const std::string& wanted) {
    if (c == kFailed) return false;
    if (c != kEndOfSource) return fail("expected " + wanted);
    failure_ = Error{TQP_E_TRANSIENT, "JSON: the document was cut at byte " +
                                          std::to_string(position()) + ", expected " + wanted};
    return false;
  }
  std::string container() const { return nesting_.back() == '{' ? "object" : "array"; }
  void value_done() { want_ = nesting_.empty() ? Want::kNothing : Want::kCommaOrEnd; }

  bool open(char bracket, Token& token) {
    if (nesting_.size() == limits_.depth) {
      return fail("nested deeper than " + std::to_string(limits_.depth));
    }
    ++at_;
    nesting_.push_back(bracket);
    want_ = Want::kFirst;
    token = bracket == '{' ? Token::kBeginObject : Token::kBeginArray;
    return true;
  }
  bool close(char bracket, Token& token) {
    if ((bracket == '}') != (nesting_.back() == '{')) {
      return fail("expected the end of the " + container());
    }
    ++at_;
    nesting_.pop_back();
    value_done();
    token = bracket == '}' ? Token::kEndObject : Token::kEndArray;
    return true;
  }
  bool member(int c, Token& token) {
    if (c != '"') return bad(c, "a member's name");
    if (!string()) return false;
    c = skip_blanks();
    if (c != ':') return bad(c, "':'");
    ++at_;
    want_ = Want::kValue;
    token = Token::kKey;
    return true;
  }
  bool value(int c, Token& token) {
    switch (c) {
      case '{':
      case '[':
        return open(static_cast<char>(c), token);
      case '"':
        token = Token::kString;
        if (!string()) return false;
        break;
      case 't':
        token = Token::kTrue;
        if (!word("true")) return false;
        break;
      case 'f':
        token = Token::kFalse;
        if (!word("false")) return false;
        break;
      case 'n':
        token = Token::kNull;
        if (!word("null")) return false;
        break;
      default:
        if (c != '-' && !digit(c)) return bad(c, "a value");
        token = Token::kNumber;
        if (!number()) return false;
    }
    value_done();
    return true;
  }
  bool word(const char* letters) {
    for (const char* letter = letters; *letter != '\0'; ++letter) {
      const int c = peek();
      if (c != *letter) return bad(c, letters);
      ++at_;
    }
    return true;
  }

  static bool digit(int c) { return c >= '0' && c <= '9'; }
  bool take(int c) {
    const char byte = static_cast<char>(c);
    ++at_;
    return append(&byte, 1);
  }
  bool digits() {
    int c = peek();
    if (!digit(c)) return bad(c, "a digit");
    for (; digit(c); c = peek()) {
      if (!take(c)) return false;
    }
    return c != kFailed;
  }
  bool number() {
    text_.clear();
    int c = peek();
    if (c == '-') {
      if (!take(c)) return false;
      c = peek();
    }
    if (c == '0') {
      if (!take(c)) return false;
    } else if (!digits()) {
      return false;
    }
    c = peek();
    if (digit(c)) return fail("a number begins with 0");
    if (c == '.') {
      if (!take(c) || !digits()) return false;
      c = peek();
    }
    if (c == 'e' || c == 'E') {
      if (!take(c)) return false;
      c = peek();
      if ((c == '+' || c == '-') && !take(c)) return false;
      return digits();
    }
    return c != kFailed;
  }

  bool string() {
    text_.clear();
    ++at_;  // the quote
    for (;;) {
      const char* run = at_;
      while (run != end_ && static_cast<unsigned char>(*run) >= 0x20 &&
             static_cast<unsigned char>(*run) < 0x80 && *run != '"' && *run != '\\') {
        ++run;
      }
      if (run != at_) {
        if (!append(at_, static_cast<size_t>(run - at_))) return false;
        at_ = run;
      }
      const int c = peek();
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c >= 0x80) {
        if (!multibyte()) return false;
      } else if (c < 0x20) {
        return bad(c, c < 0 ? "the end of a string" : "no bare control character in a string");
      }
    }
  }
  bool multibyte() {
    unsigned char bytes[4];
    size_t have = 0, unused = 0;
    for (;;) {
      const int c = peek();
      if (c < 0) return bad(c, "the rest of a character");
      bytes[have++] = static_cast<unsigned char>(c);
      ++at_;
      const size_t length = utf8_sequence(bytes, bytes + have, unused);
      if (length != 0) return append(reinterpret_cast<const char*>(bytes), length);
      if (unused != have || have == 4 || bytes[0] < 0xC2 || bytes[0] > 0xF4) {
        return fail("a string is not UTF-8");
      }
    }
  }
  bool escape() {
    ++at_;  // the backslash
    const int c = peek();
    if (c < 0) return bad(c, "an escape");
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        return encode(static_cast<uint32_t>(c));
      case 'b':
        return encode('\b');
      case 'f':
        return encode('\f');
      case 'n':
        return encode('\n');
      case 'r':
        return encode('\r');
      case 't':
        return encode('\t');
      case 'u':
        return unicode();
      default:
        return fail("unknown escape in a string");
    }
  }
  // \uXXXX, with its second half when it is the first of a surrogate pair.
  bool unicode() {
    uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code < 0xD800 || code > 0xDFFF) return encode(code);
    uint32_t low = 0;
    if (code > 0xDBFF) return fail("unpaired surrogate in a string");
    if (!word("\\u") || !hex4(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return fail("unpaired surrogate in a string");
    return encode(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
  }
  bool hex4(uint32_t& code) {
    for (int i = 0; i < 4; ++i) {
      const int c = peek();
      const int lower = c | 0x20;
      if (!digit(c) && (c < 0 || lower < 'a' || lower > 'f'))
        return bad(c, "four hexadecimal digits");
      code = code * 16 + static_cast<uint32_t>(digit(c) ? c - '0' : lower - 'a' + 10);
      ++at_;
    }
    return true;
  }
  bool encode(uint32_t code) {
    char bytes[4];
    size_t n = 0;
    const auto put = [&](uint32_t byte) { bytes[n++] = static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6));
      put(0x80 | (code & 0x3F));
    } else {
      if (code < 0x10000) {
        put(0xE0 | (code >> 12));
      } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
      }
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    }
    return append(bytes, n);
  }
  bool append(const char* bytes, size_t n) {
    if (n > limits_.text_bytes - text_.size()) {
      return fail("a string or number is longer than " + std::to_string(limits_.text_bytes) +
                  " bytes");
    }
    text_.append(bytes, n);
    return true;
  }

  Read read_ = nullptr;
  void* source_ = nullptr;
  JsonLimits limits_;
  std::unique_ptr<char[]> buffer_{};
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  uint64_t before_ = 0;  // bytes of earlier buffers
  bool ended_ = false;
  Want want_ = Want::kValue;
  std::vector<char> nesting_{};
  std::string text_{};
  std::optional<Error> failure_{};
};

}  // namespace tqp
