// SPDX-License-Identifier: Apache-2.0
// PageBuffer: the bytes of one page, in memory that is used again and that has room behind the
// bytes, as the parser wants it. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "net/http.hpp"

namespace tq {

class PageBuffer {
 public:
  static constexpr size_t kPadding = 64;  // at least what simdjson reads behind the end

  // The whole body. E_DATA above `limit` bytes, E_TRANSIENT when it was cut.
  Result<void> fill(HttpResponse& response, size_t limit);
  void assign(std::string_view bytes);

  const char* data() const { return bytes_.get(); }
  size_t size() const { return size_; }
  size_t padded_size() const { return size_ + kPadding; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  void reserve(size_t size);  // besides the padding
  void finish();

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace tq
