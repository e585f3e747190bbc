// SPDX-License-Identifier: Apache-2.0
// Inflater: gzip and deflate, in pieces as large as the caller's buffer, so that no answer can
// unfold into more than that at once. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace tq {

class Inflater {
 public:
  enum class Format { kGzip, kDeflate };

  explicit Inflater(Format format);
  Inflater(Inflater&&) noexcept;
  ~Inflater();

  struct Step {
    size_t taken = 0;  // of the input
    size_t given = 0;  // into the output
  };
  // E_DATA: the bytes are not of the format.
  Result<Step> step(std::string_view in, char* out, size_t capacity);

  // The compressed stream has come to its end, or has not begun.
  bool at_end() const { return at_end_; }

 private:
  struct Zlib;

  std::unique_ptr<Zlib> zlib_;
  bool may_be_raw_;  // "deflate" comes with and without zlib's head
  bool at_end_ = true;
};

}  // namespace tq
