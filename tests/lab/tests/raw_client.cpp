// SPDX-License-Identifier: Apache-2.0
#include "lab/tests/raw_client.hpp"

#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace lab {
namespace {

constexpr int kTimeoutSeconds = 20;

}  // namespace

std::optional<std::string> RawAnswer::header(std::string_view name) const {
  std::size_t start = head.find("\r\n");
  while (start != std::string::npos) {
    start += 2;
    const std::size_t end = head.find("\r\n", start);
    const std::string line = head.substr(start, end - start);
    const bool found = line.size() > name.size() && line[name.size()] == ':' &&
                       strncasecmp(line.data(), name.data(), name.size()) == 0;
    if (found) return line.substr(line.find_first_not_of(' ', name.size() + 1));
    start = end;
  }
  return std::nullopt;
}

RawConnection::RawConnection(const std::string& host_and_port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int port = std::stoi(host_and_port.substr(host_and_port.rfind(':') + 1));
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const timeval timeout{kTimeoutSeconds, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("cannot connect to " + host_and_port);
  }
}

RawConnection::~RawConnection() { ::close(fd_); }

void RawConnection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // seen again when receiving
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawConnection::fill() {
  char buffer[65'536];
  const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got < 0 && errno == ECONNRESET) reset_ = true;
  if (got <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

RawAnswer RawConnection::receive() {
  RawAnswer answer;
  std::size_t end = std::string::npos;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos && fill()) {
  }
  answer.was_reset = reset_;
  if (end == std::string::npos) return answer;
  answer.head = pending_.substr(0, end + 2);
  pending_.erase(0, end + 4);
  answer.status = std::stoi(answer.head.substr(answer.head.find(' ') + 1));
  const std::size_t length = std::stoul(answer.header("Content-Length").value_or("0"));
  while (pending_.size() < length && fill()) {
  }
  answer.was_reset = reset_;
  answer.body = pending_.substr(0, length);
  pending_.erase(0, answer.body.size());
  return answer;
}

RawAnswer raw(const std::string& host_and_port, const std::string& method,
              const std::string& target, const std::string& headers, const std::string& body) {
  RawConnection connection(host_and_port);
  std::string text = method + ' ' + target + " HTTP/1.1\r\nHost: lab\r\n" + headers;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  connection.send(text + "\r\n" + body);
  return connection.receive();
}

}  // namespace lab
