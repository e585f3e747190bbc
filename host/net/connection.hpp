// SPDX-License-Identifier: Apache-2.0
// Connection: a Stream with a read buffer and waiting. Errors say what went wrong, not with whom:
// the caller adds that. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/patience.hpp"
#include "net/stream.hpp"

namespace tq {

class Connection {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;

  explicit Connection(std::unique_ptr<Stream> stream);

  // True: all was sent. False: the other side has begun its final answer before it had everything,
  // so that sending the rest is pointless.
  Result<bool> send(std::string_view bytes, const Patience& patience);

  // How many bytes were handed to the system so far. Through TLS: in whole records, since a part of
  // one tells the other side nothing.
  uint64_t sent_bytes() const { return sent_bytes_; }

  // Up to `capacity` bytes; 0: the other side has ended in order.
  Result<size_t> receive(char* out, size_t capacity, const Patience& patience);

  // What was received and not yet consumed.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(size_t size) { begin_ += size; }
  // Reads more into the buffer; false: the other side has ended in order.
  // REQUIRES: buffered().size() < kBufferBytes
  Result<bool> fill(const Patience& patience);

  // Nothing has come, not even the end: what is true of a connection that may be used again.
  bool quiet();

  // A proxy knows who speaks on this connection: NTLM logs connections in, not requests.
  bool logged_in() const { return logged_in_; }
  void set_logged_in() { logged_in_ = true; }

  // For a tunnel that becomes something else.
  std::unique_ptr<Stream> take_stream() && { return std::move(stream_); }

 private:
  Io fill_now();
  bool final_answer_began() const;

  std::unique_ptr<Stream> stream_;
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool logged_in_ = false;
  uint64_t sent_bytes_ = 0;
};

}  // namespace tq
