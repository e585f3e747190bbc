// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/large_text.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace lab {
namespace {

constexpr std::size_t kLargeBytes = 4 * 1024 * 1024;
constexpr std::uintptr_t kPageBytes = 4096;

}  // namespace

void reserve_large(std::string& text, std::size_t bytes) {
  text.reserve(bytes);
  if (bytes < kLargeBytes) return;
  const auto start = reinterpret_cast<std::uintptr_t>(text.data());
  const std::uintptr_t first = (start + kPageBytes - 1) & ~(kPageBytes - 1);
  const std::uintptr_t end = (start + text.capacity()) & ~(kPageBytes - 1);
  ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // only a wish
}

}  // namespace lab
