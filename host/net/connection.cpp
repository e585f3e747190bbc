// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace tq {
namespace {

constexpr size_t kDirectBytes = 16 * 1024;  // from here on a read goes past the buffer

Error broken(const Io& io) {
  if (io.lasting) return {Status::kConfig, io.reason};
  return {Status::kTransient, "the connection broke: " +
                                  (io.what == Io::What::kEnd ? "closed by the server" : io.reason)};
}

short event_of(Io::What what) { return what == Io::What::kWantRead ? POLLIN : POLLOUT; }

}  // namespace

Connection::Connection(std::unique_ptr<Stream> stream)
    : stream_(std::move(stream)), buffer_(new char[kBufferBytes]) {}

Io Connection::fill_now() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == kBufferBytes && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  Io io = stream_->read(buffer_.get() + end_, kBufferBytes - end_);
  if (io.what == Io::What::kBytes) end_ += io.size;
  return io;
}

// "HTTP/1.1 1xx" announces that the answer will come later.
bool Connection::final_answer_began() const {
  constexpr size_t kStatusAt = 9;
  return buffered().size() > kStatusAt && buffered()[kStatusAt] != '1';
}

Result<bool> Connection::send(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    TQ_TRY(patience.check());
    const Io io = stream_->write(bytes.data(), bytes.size());
    if (io.what == Io::What::kBytes) {
      bytes.remove_prefix(io.size);
      sent_bytes_ += io.size;
      continue;
    }
    if (io.what == Io::What::kBroken || io.what == Io::What::kEnd) {
      // Whoever closes while we send has often said why before.
      Io last{Io::What::kBytes};
      while (end_ - begin_ < kBufferBytes && last.what == Io::What::kBytes) last = fill_now();
      if (final_answer_began()) return false;
      return broken(last.lasting ? last : io);
    }
    TQ_ASSIGN(const short ready, patience.wait(stream_->fd(), event_of(io.what) | POLLIN));
    if ((ready & POLLIN) == 0 || end_ - begin_ == kBufferBytes) continue;
    const Io early = fill_now();
    if (final_answer_began()) return false;
    if (early.what == Io::What::kBroken || early.what == Io::What::kEnd) return broken(early);
  }
  return true;
}

Result<bool> Connection::fill(const Patience& patience) {
  while (true) {
    const Io io = fill_now();
    if (io.what == Io::What::kBytes) return true;
    if (io.what == Io::What::kEnd) return false;
    if (io.what == Io::What::kBroken) return broken(io);
    TQ_TRY(patience.wait(stream_->fd(), event_of(io.what)));
  }
}

Result<size_t> Connection::receive(char* out, size_t capacity, const Patience& patience) {
  TQ_TRY(patience.check());
  while (begin_ == end_ && capacity >= kDirectBytes) {
    const Io io = stream_->read(out, capacity);
    if (io.what == Io::What::kBytes) return io.size;
    if (io.what == Io::What::kEnd) return size_t{0};
    if (io.what == Io::What::kBroken) return broken(io);
    TQ_TRY(patience.wait(stream_->fd(), event_of(io.what)));
  }
  if (begin_ == end_) {
    TQ_ASSIGN(const bool more, fill(patience));
    if (!more) return size_t{0};
  }
  const size_t size = std::min(capacity, end_ - begin_);
  std::memcpy(out, buffer_.get() + begin_, size);
  consume(size);
  return size;
}

bool Connection::quiet() { return begin_ == end_ && fill_now().what == Io::What::kWantRead; }

}  // namespace tq
