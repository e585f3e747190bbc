// SPDX-License-Identifier: Apache-2.0
#include "threatq/page_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/text.hpp"
#include "threatq/ids.hpp"

namespace tq {
namespace {

constexpr size_t kFirstSize = 256 << 10;

}  // namespace

void PageBuffer::reserve(size_t size) {
  if (bytes_ && size <= capacity_) return;
  const size_t capacity = std::max({size, kFirstSize, capacity_ + capacity_ / 2});
  auto larger = std::unique_ptr<char[]>(new char[capacity + kPadding]);  // not zeroed first
  if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
  capacity_ = capacity;
}

void PageBuffer::finish() { std::memset(bytes_.get() + size_, 0, kPadding); }

Result<void> PageBuffer::fill(HttpResponse& response, size_t limit) {
  size_ = 0;
  // A hint only: of a compressed body it is another length. One more byte sees the end.
  const auto told = parse_id(trim(response.header("Content-Length")));
  reserve(std::min<size_t>(told.value_or(0), limit) + 1);
  while (true) {
    if (size_ == capacity_) reserve(capacity_ + 1);
    TQ_ASSIGN(const size_t got, response.read(bytes_.get() + size_, capacity_ - size_));
    if (got == 0) break;
    size_ += got;
    if (size_ > limit)
      return Error{Status::kData,
                   "the page is larger than " + std::to_string(limit >> 20) + " MiB"};
  }
  finish();
  return {};
}

void PageBuffer::assign(std::string_view bytes) {
  size_ = 0;
  reserve(bytes.size());
  if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  size_ = bytes.size();
  finish();
}

}  // namespace tq
