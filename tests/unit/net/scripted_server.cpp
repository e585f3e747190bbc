// SPDX-License-Identifier: Apache-2.0
#include "unit/net/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace tq::test {
namespace {

constexpr int kPatienceSeconds = 10;

}  // namespace

std::string Request::header(std::string_view name) const {
  for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line(head.data() + at + 2, head.size() - at - 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      const std::string_view value = line.substr(name.size() + 2);
      return std::string(value.substr(0, value.find("\r\n")));
    }
  }
  return {};
}

Peer::~Peer() {
  SSL_free(ssl_);
  ::close(fd_);
}

std::string Peer::read_some() {
  char bytes[64 * 1024];
  const ssize_t got =
      ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
  return got > 0 ? std::string(bytes, static_cast<size_t>(got)) : std::string();
}

std::string Peer::read_head() {
  size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = read_some();
    if (more.empty()) return {};
    pending_ += more;
  }
  std::string head = pending_.substr(0, end + 4);
  pending_.erase(0, end + 4);
  return head;
}

std::string Peer::read_bytes(size_t size) {
  while (pending_.size() < size) {
    const std::string more = read_some();
    if (more.empty()) break;
    pending_ += more;
  }
  std::string bytes = pending_.substr(0, size);
  pending_.erase(0, bytes.size());
  return bytes;
}

Request Peer::read_request() {
  Request request{read_head(), {}};
  const std::string length = request.header("Content-Length");
  const size_t size = length.empty() ? 0 : std::stoul(length);
  while (pending_.size() < size) {
    const std::string more = read_some();
    if (more.empty()) return {};
    pending_ += more;
  }
  request.body = pending_.substr(0, size);
  pending_.erase(0, size);
  return request;
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ssl_ != nullptr
                            ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
}

void Peer::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Peer::end_sending() { ::shutdown(fd_, SHUT_WR); }

bool Peer::start_tls(SSL_CTX* context) {
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd_);
  return SSL_accept(ssl_) == 1;
}

std::string Peer::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

void Peer::wait_for_end() {
  pollfd entry{fd_, POLLRDHUP, 0};
  ::poll(&entry, 1, kPatienceSeconds * 1000);
}

ScriptedServer::ScriptedServer(Script script, const ServerTls* tls, const std::string& address)
    : script_(std::move(script)), address_(address) {
  if (tls != nullptr) context_ = server_context(*tls);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  socklen_t size = sizeof where;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("cannot listen on " + address);
  port_ = ntohs(where.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

void ScriptedServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int at_once = 1;  // a reset discards what waits to be sent
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      {
        Peer peer(::dup(fd));
        if (context_ == nullptr || peer.start_tls(context_)) script_(peer);
      }
      const std::lock_guard closing(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
      ::close(fd);
    });
  }
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  SSL_CTX_free(context_);
}

ScriptedServer::Script ScriptedServer::serve(Handler handler) {
  const auto number = std::make_shared<std::atomic<int>>(0);
  return [handler = std::move(handler), number](Peer& peer) {
    while (true) {
      const Request request = peer.read_request();
      if (request.head.empty()) return;
      const std::string text = handler(request, ++*number);
      if (text.empty()) return;
      peer.send(text);
    }
  };
}

std::string ScriptedServer::url(std::string_view target) const {
  return (context_ != nullptr ? "https://" : "http://") + address_ + ":" + std::to_string(port_) +
         std::string(target);
}

std::string answer(int status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Some Reason\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

SSL_CTX* server_context(const ServerTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, tls.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("cannot use " + tls.certificate.string());
  return context;
}

}  // namespace tq::test
