// SPDX-License-Identifier: Apache-2.0
// Stream: a connected byte stream that never blocks, plain or TLS. One thread at a time.
#pragma once

#include <cstddef>
#include <string>

namespace tq {

// What one non-blocking read or write came to.
struct Io {
  enum class What {
    kBytes,      // `size` bytes went through, at least one
    kWantRead,   // try again when the descriptor is readable
    kWantWrite,  // ... writable
    kEnd,        // the other side has ended its part in order
    kBroken,     // `reason` says how
  };

  What what = What::kBroken;
  size_t size = 0;
  std::string reason{};
  bool lasting = false;  // of kBroken: the other side won't have us; trying again does not help
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual int fd() const = 0;
  virtual Io read(char* out, size_t capacity) = 0;
  virtual Io write(const char* bytes, size_t size) = 0;
};

}  // namespace tq
