// SPDX-License-Identifier: Apache-2.0
#include "services/call_board.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>

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

// The same as plain bytes.
struct CallBoard::Text {
  uint64_t changes, calls, since_ms;
  char name[Page::kNameWords * sizeof(uint64_t)];
};

thread_local CallBoard::Page* CallBoard::page_of_thread_ = nullptr;

namespace {

constexpr int kLooks = 100;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

uint64_t coarse_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

// Sealed, so that no worker makes it shorter under a reader or larger than it is.
Result<UniqueFd> make_call_board() {
  UniqueFd fd(::memfd_create("call-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), sizeof(CallBoard::Page)) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return errno_error(Status::kTransient, "cannot create", "a worker's call board", errno);
  return fd;
}

// Whatever stands there was written by a process that runs a plugin. It is copied by read(2), which
// no worker can make fault, until two copies are the same and no change was going on.
CallInFlight read_call_board(int fd) {
  CallBoard::Text text{}, before{};
  for (int look = 0; look < kLooks; ++look) {
    if (::pread(fd, &text, sizeof text, 0) != sizeof text) return {};
    // A worker that was killed in the middle of a change leaves the number odd for ever.
    if (look > 0 && text.changes % 2 == 0 && std::memcmp(&text, &before, sizeof text) == 0) break;
    before = text;
  }
  const size_t size = ::strnlen(text.name, sizeof text.name);
  std::string_view name(text.name, size);
  // Names of calls are literals of ours; anything else is a worker that plays with its board.
  if (!std::all_of(name.begin(), name.end(), is_name_character)) name = "?";
  return {text.calls, std::string(name), std::min(text.since_ms, coarse_ms())};
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
