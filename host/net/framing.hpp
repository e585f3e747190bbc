// SPDX-License-Identifier: Apache-2.0
// BodyFraming: where the body of an answer ends, and whether it was received whole. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/connection.hpp"
#include "net/head.hpp"

namespace tq {

class BodyFraming {
 public:
  // E_DATA: the head contradicts itself.
  static Result<BodyFraming> of(std::string_view method, const ResponseHead& head);

  // Up to `capacity` bytes of the body, as they were sent; 0 is its complete end. E_TRANSIENT: cut.
  Result<size_t> read(Connection& connection, char* out, size_t capacity, const Patience& patience);

  bool complete() const { return kind_ == Kind::kComplete; }
  // Whether something else may follow on the connection.
  bool delimited() const { return delimited_; }

 private:
  enum class Kind { kComplete, kLength, kChunked, kUntilClose };

  Result<size_t> take(Connection& connection, char* out, size_t capacity, const Patience& patience);
  Result<void> next_chunk(Connection& connection, const Patience& patience);

  Kind kind_ = Kind::kComplete;
  bool delimited_ = true;
  bool in_chunks_ = false;  // behind a chunk stands an empty line
  uint64_t left_ = 0;       // of the body or of the chunk
  uint64_t received_ = 0;
  uint64_t length_ = 0;
};

}  // namespace tq
