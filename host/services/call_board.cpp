// SPDX-License-Identifier: Apache-2.0
#include "services/call_board.hpp"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tq {

// Atomics, because the reader is another process; a reader that comes in the middle of a change
// sees an odd number of changes and looks again.
struct CallBoard::Page {
  static constexpr size_t kNameWords = 4;

  std::atomic<uint64_t> changes;
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> since_ms;
  std::atomic<uint64_t> name[kNameWords];  // the first bytes of the name, filled up with NUL
};

thread_local CallBoard::Page* CallBoard::page_of_thread_ = nullptr;

namespace {

constexpr int kLooks = 100;

uint64_t coarse_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

Result<UniqueFd> make_call_board() {
  UniqueFd fd(::memfd_create("call-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), sizeof(CallBoard::Page)) != 0)
    return errno_error(Status::kTransient, "cannot create", "a worker's call board", errno);
  return fd;
}

CallInFlight read_call_board(int fd) {
  constexpr auto kWait = std::memory_order_acquire;
  void* const memory = ::mmap(nullptr, sizeof(CallBoard::Page), PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return {};
  const auto* const page = static_cast<const CallBoard::Page*>(memory);
  CallInFlight out;
  // A worker that was killed in the middle of a change leaves the number odd for ever.
  for (int look = 0; look < kLooks; ++look) {
    const uint64_t before = page->changes.load(kWait);
    char name[sizeof page->name + 1] = {};
    for (size_t i = 0; i < CallBoard::Page::kNameWords; ++i) {
      const uint64_t word = page->name[i].load(kWait);
      std::memcpy(name + i * sizeof word, &word, sizeof word);
    }
    out = {page->calls.load(kWait), name, page->since_ms.load(kWait)};
    if (before % 2 == 0 && page->changes.load(kWait) == before) break;
  }
  ::munmap(memory, sizeof(CallBoard::Page));
  return out;
}

CallBoard::CallBoard(int fd) {
  void* const memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) page_of_thread_ = page_ = static_cast<Page*>(memory);
}

CallBoard::~CallBoard() {
  if (page_ == nullptr) return;
  page_of_thread_ = nullptr;
  ::munmap(page_, sizeof(Page));
}

namespace {

// The store of `changes` before and after is what makes a change visible as one.
template <typename Page>
void put(Page& page, const char* name, bool begins) noexcept {
  constexpr auto kOrder = std::memory_order_release;
  const uint64_t changes = page.changes.load(std::memory_order_relaxed);
  page.changes.store(changes + 1, std::memory_order_seq_cst);
  uint64_t words[Page::kNameWords] = {};
  std::memcpy(words, name, ::strnlen(name, sizeof words));
  for (size_t i = 0; i < Page::kNameWords; ++i) page.name[i].store(words[i], kOrder);
  page.since_ms.store(coarse_ms(), kOrder);
  if (begins) page.calls.store(page.calls.load(std::memory_order_relaxed) + 1, kOrder);
  page.changes.store(changes + 2, std::memory_order_seq_cst);
}

}  // namespace

CallBoard::Call::Call(const char* name) noexcept {
  if (page_of_thread_ != nullptr) put(*page_of_thread_, name, true);
}

CallBoard::Call::~Call() {
  if (page_of_thread_ != nullptr) put(*page_of_thread_, "", false);
}

}  // namespace tq
