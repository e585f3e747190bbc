// SPDX-License-Identifier: Apache-2.0
// JsonWriter: appends JSON to one reusable buffer, commas and escapes done. One thread at a time;
// owns the buffer. Text that is not UTF-8 becomes U+FFFD, as do unpaired surrogates; NaN and
// infinities become null.
#pragma once

#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

namespace tqp {

// Length of the valid UTF-8 sequence that begins at `at`, or 0; `bad` then says how many bytes one
// U+FFFD stands for (the longest prefix of a valid sequence, at least 1).
inline size_t utf8_sequence(const unsigned char* at, const unsigned char* end, size_t& bad) {
  bad = 1;
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  // The second byte's range shuts out overlong forms, surrogates, and what is above U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < length; ++i) {
    if (at + i == end) return 0;
    if (at[i] < (i == 1 ? low : 0x80) || at[i] > (i == 1 ? high : 0xBF)) return 0;
    bad = i + 1;
  }
  return length;
}

class JsonWriter {
 public:
  JsonWriter() = default;
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }

  JsonWriter& key(std::string_view name) {
    separate(name.size());
    quote(name);
    data_[size_++] = ':';  // quote() leaves room
    comma_ = false;
    return *this;
  }
  JsonWriter& value(std::string_view text) {
    separate(text.size());
    quote(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  template <typename N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  JsonWriter& value(N number) {
    if constexpr (std::is_same_v<N, bool>) {
      return raw(number ? "true" : "false");
    } else {
      if constexpr (std::is_floating_point_v<N>) {
        if (!std::isfinite(number)) return null();
      }
      separate(0);
      size_ = static_cast<size_t>(
          std::to_chars(data_.get() + size_, data_.get() + capacity_, number).ptr - data_.get());
      return *this;
    }
  }
  JsonWriter& null() { return raw("null"); }
  // JSON that is known to be one whole value, as it is.
  JsonWriter& raw(std::string_view json) {
    assert(!json.empty());
    separate(json.size());
    std::memcpy(data_.get() + size_, json.data(), json.size());
    size_ += json.size();
    return *this;
  }
  template <typename T>
  JsonWriter& member(std::string_view name, const T& of) {
    return key(name).value(of);
  }

  std::string_view view() const { return {data_.get(), size_}; }
  size_t size() const { return size_; }
  bool complete() const { return depth_ == 0 && size_ > 0; }
  // Forgets the text and keeps the memory.
  void clear() {
    size_ = 0;
    depth_ = 0;
    comma_ = false;
  }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  // Room after any text that was asked for: a comma, quotes and colon, a number of up to 40
  // characters, the overhang of an 8-byte store.
  static constexpr size_t kSlack = 64;

  JsonWriter& begin(char bracket) {
    separate(0);
    data_[size_++] = bracket;
    comma_ = false;
    ++depth_;
    return *this;
  }
  JsonWriter& end(char bracket) {
    assert(depth_ > 0);
    room(0);
    data_[size_++] = bracket;
    comma_ = true;
    --depth_;
    return *this;
  }
  void separate(size_t n) {
    room(n);
    if (comma_) data_[size_++] = ',';
    comma_ = true;
  }
  void room(size_t n) {
    if (capacity_ - size_ < n + kSlack) grow(n + kSlack);
  }
  void grow(size_t n) {
    const size_t wanted = size_ + n > capacity_ * 2 ? size_ + n : capacity_ * 2;
    void* memory = std::realloc(data_.get(), wanted);
    if (memory == nullptr) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_.reset(static_cast<char*>(memory));
    capacity_ = wanted;
  }

  // True when one of 8 bytes is a control character, a quote, a backslash or not ASCII.
  static bool special(uint64_t eight) {
    constexpr uint64_t kOnes = 0x0101010101010101u, kHighs = 0x8080808080808080u;
    const uint64_t quotes = eight ^ (kOnes * '"'), slashes = eight ^ (kOnes * '\\');
    return ((eight | (eight - kOnes * 0x20) | (quotes - kOnes) | (slashes - kOnes)) & kHighs) != 0;
  }

  // REQUIRES: room for the text without escapes. Escapes make more room before they are written.
  void quote(std::string_view text) {
    data_[size_++] = '"';
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at != end) {
      while (end - at >= 8) {
        uint64_t eight;
        std::memcpy(&eight, at, 8);
        if (special(eight)) break;
        std::memcpy(data_.get() + size_, at, 8);
        size_ += 8;
        at += 8;
      }
      if (at == end) break;
      if (*at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
        data_[size_++] = static_cast<char>(*at++);
      } else {
        at = escape(at, end);
      }
    }
    data_[size_++] = '"';
  }
  const unsigned char* escape(const unsigned char* at, const unsigned char* end) {
    room(static_cast<size_t>(end - at) + 8);
    size_t bad = 1;
    const size_t length = utf8_sequence(at, end, bad);
    if (length > 1) {
      std::memcpy(data_.get() + size_, at, length);
      size_ += length;
      return at + length;
    }
    if (length == 0) {
      put("\xEF\xBF\xBD", 3);
      return at + bad;
    }
    switch (*at) {
      case '"':
        put("\\\"", 2);
        break;
      case '\\':
        put("\\\\", 2);
        break;
      case '\n':
        put("\\n", 2);
        break;
      case '\r':
        put("\\r", 2);
        break;
      case '\t':
        put("\\t", 2);
        break;
      default: {
        constexpr char kHex[] = "0123456789abcdef";
        const char code[] = {'\\', 'u', '0', '0', kHex[*at >> 4], kHex[*at & 15]};
        put(code, sizeof code);
      }
    }
    return at + 1;
  }
  void put(const char* bytes, size_t n) {
    std::memcpy(data_.get() + size_, bytes, n);
    size_ += n;
  }

  std::unique_ptr<char[], Free> data_{};
  size_t size_ = 0, capacity_ = 0;
  int depth_ = 0;
  bool comma_ = false;
};

}  // namespace tqp
