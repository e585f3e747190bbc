// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/file.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr uint64_t kNextAttemptMs = 250;  // RFC 8305, section 8
constexpr size_t kMostReasons = 3;        // that a message names

std::string errno_text(int number) { return std::generic_category().message(number); }

class TcpStream : public Stream {
 public:
  explicit TcpStream(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const override { return fd_.get(); }

  Io read(char* out, size_t capacity) override {
    return outcome(::recv(fd_.get(), out, capacity, 0), Io::What::kWantRead);
  }

  Io write(const char* bytes, size_t size) override {
    return outcome(::send(fd_.get(), bytes, size, MSG_NOSIGNAL), Io::What::kWantWrite);
  }

 private:
  static Io outcome(ssize_t count, Io::What again) {
    if (count > 0) return {Io::What::kBytes, static_cast<size_t>(count)};
    if (count == 0) return {Io::What::kEnd};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {again};
    return {Io::What::kBroken, 0, errno_text(errno)};
  }

  UniqueFd fd_;
};

// Attempts to several addresses at once; the first that is connected wins, and the others end with
// the race.
class Race {
 public:
  Race(const std::vector<Address>& addresses, const Patience& patience)
      : addresses_(addresses),
        patience_(patience),
        between_ms_(std::min(kNextAttemptMs, patience.left_ms() / (2 * addresses.size()))),
        pause_(patience.part(0)) {}

  Result<UniqueFd> run() {
    while (true) {
      if (auto going = patience_.check(); !going) return over(std::move(going.error()));
      if (next_ < addresses_.size() && (pending_.empty() || pause_.expired())) {
        if (auto winner = begin_next()) return std::move(*winner);
        continue;
      }
      if (pending_.empty()) return Error{Status::kTransient, reasons()};
      auto winner = wait();
      if (!winner) return over(std::move(winner.error()));
      if (*winner) return std::move(**winner);
    }
  }

 private:
  struct Attempt {
    UniqueFd fd;
    const Address* to;
  };
  struct Failure {
    std::string reason;
    const Address* to;
  };

  // The connection when there is one at once.
  std::optional<UniqueFd> begin_next() {
    const Address& to = addresses_[next_++];
    pause_ = patience_.part(between_ms_);
    UniqueFd fd(::socket(to.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd && ::connect(fd.get(), to.get(), to.size()) == 0) return fd;
    if (fd && (errno == EINPROGRESS || errno == EINTR)) {
      pending_.push_back({std::move(fd), &to});
    } else {
      fail(to, errno);
    }
    return std::nullopt;
  }

  void fail(const Address& to, int error) {
    failures_.push_back({errno_text(error), &to});
    pause_ = patience_.part(0);
  }

  // Until something happens to an attempt or the next one is due. The winner, if there is one by
  // then. The error is that of Patience.
  Result<std::optional<UniqueFd>> wait() {
    std::vector<pollfd> entries;
    for (const Attempt& attempt : pending_) entries.push_back({attempt.fd.get(), POLLOUT, 0});
    const uint64_t at_most_ms = next_ < addresses_.size() ? pause_.left_ms() : patience_.left_ms();
    TQ_TRY(patience_.wait_any(entries.data(), entries.size(), at_most_ms));
    std::vector<Attempt> still;
    for (size_t i = 0; i < pending_.size(); ++i) {
      Attempt& attempt = pending_[i];
      if (entries[i].revents == 0) {
        still.push_back(std::move(attempt));
        continue;
      }
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(attempt.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error == 0) return std::optional<UniqueFd>(std::move(attempt.fd));
      fail(*attempt.to, error);
    }
    pending_ = std::move(still);
    return std::optional<UniqueFd>();
  }

  // Cancelled, or the time is over, which is then the reason of all that are pending.
  Error over(Error error) {
    if (error.status != Status::kTransient) return error;
    for (const Attempt& attempt : pending_) failures_.push_back({error.message, attempt.to});
    return {Status::kTransient, failures_.empty() ? error.message : reasons()};
  }

  // Each reason once; with the address it was met at when there are several.
  std::string reasons() const {
    std::vector<const Failure*> distinct;
    for (const Failure& failure : failures_)
      if (std::none_of(distinct.begin(), distinct.end(),
                       [&](const Failure* known) { return known->reason == failure.reason; }))
        distinct.push_back(&failure);
    if (distinct.size() == 1) return distinct.front()->reason;
    std::vector<std::string> texts;
    for (size_t i = 0; i < std::min(distinct.size(), kMostReasons); ++i)
      texts.push_back(distinct[i]->reason + " (" + distinct[i]->to->text() + ")");
    return join(texts, "; ");
  }

  const std::vector<Address>& addresses_;
  const Patience& patience_;
  const uint64_t between_ms_;
  Patience pause_;  // before the next one
  size_t next_ = 0;
  std::vector<Attempt> pending_;
  std::vector<Failure> failures_;
};

void set_option(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

}  // namespace

Result<std::unique_ptr<Stream>> connect_first(const std::vector<Address>& addresses,
                                              const Patience& patience) {
  TQ_ASSIGN(UniqueFd fd, Race(addresses, patience).run());
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE);
  return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(fd)));
}

Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, uint16_t port,
                                            const Patience& patience) {
  TQ_ASSIGN(const std::vector<Address> addresses, addresses_of(host, port, patience));
  return connect_first(addresses, patience);
}

}  // namespace tq
