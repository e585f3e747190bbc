// SPDX-License-Identifier: Apache-2.0
#include "unit/failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace tq {
namespace {

thread_local int64_t t_left = -1;  // allocations until the one that fails; negative: none does

void* allocate(std::size_t size) noexcept {
  if (t_left >= 0 && t_left-- == 0) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

FailingMemory::FailingMemory(int64_t at) { t_left = at; }
FailingMemory::~FailingMemory() { t_left = -1; }

}  // namespace tq

void* operator new(std::size_t size) {
  void* const memory = tq::allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return tq::allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return tq::allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
