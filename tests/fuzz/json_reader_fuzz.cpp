// SPDX-License-Identifier: Apache-2.0
// Text that arrives in pieces reads as the same text in one piece does.
#include <tqp/json_reader.hpp>

#include <cstdlib>
#include <cstring>

namespace {

// Gives 1 to `step` bytes at a time.
class Pieces {
 public:
  Pieces(std::string_view text, size_t step) : text_(text), step_(step) {}

  tqp::Result<size_t> read(char* buffer, size_t capacity) {
    const size_t size = std::min({capacity, text_.size(), 1 + text_.size() % step_});
    std::memcpy(buffer, text_.data(), size);
    text_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view text_;
  size_t step_;
};

tqp::JsonLimits small_limits() {
  tqp::JsonLimits limits;
  limits.depth = 16;
  limits.text_bytes = 64;
  limits.buffer_bytes = 32;
  return limits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tqp::JsonReader whole(text, small_limits());
  Pieces pieces(text, size == 0 ? 1 : 1 + data[0] % 40U);
  tqp::JsonReader piecewise(pieces, small_limits());
  for (size_t tokens = 0; tokens <= size; ++tokens) {
    const auto a = whole.next();
    const auto b = piecewise.next();
    if (a.ok() != b.ok()) std::abort();
    if (!a.ok()) {
      if (whole.next().ok() || piecewise.next().ok()) std::abort();
      return 0;
    }
    if (*a != *b || whole.text() != piecewise.text() || whole.int64() != piecewise.int64() ||
        whole.position() != piecewise.position())
      std::abort();
    if (*a == tqp::Token::kEnd) return 0;
    if (*a == tqp::Token::kNumber) static_cast<void>(whole.real());
  }
  std::abort();  // more tokens than bytes
}
