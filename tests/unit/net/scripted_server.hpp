// SPDX-License-Identifier: Apache-2.0
// A server on loopback that does to each connection what a test says, byte by byte. Each connection
// has a thread; the destructor ends them all.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tq::test {

struct Request {
  std::string head;  // with the empty line; "" when the client ended first
  std::string body;

  std::string line() const { return head.substr(0, head.find("\r\n")); }
  std::string header(std::string_view name) const;  // "" when absent
};

// One accepted connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Request read_request();               // a whole one
  std::string read_head();              // up to the empty line, the rest stays unread
  std::string read_bytes(size_t size);  // fewer: the client ended first
  void send(std::string_view bytes);
  void reset();                      // ends by a TCP reset
  bool start_tls(SSL_CTX* context);  // false: the handshake failed
  std::string server_name() const;   // what the client asked for by SNI
  void wait_for_end();               // of the client, reading nothing
  void end_sending();                // FIN, without a TLS close

 private:
  std::string read_some();

  friend class ScriptedServer;
  int fd_;
  SSL* ssl_ = nullptr;
  std::string pending_;
};

struct ServerTls {
  std::filesystem::path certificate, key;
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer& peer)>;
  using Handler = std::function<std::string(const Request& request, int number)>;

  explicit ScriptedServer(Script script, const ServerTls* tls = nullptr,
                          const std::string& address = "127.0.0.1");
  ~ScriptedServer();

  // Keeps connections open and gives each request (numbered from 1 over all connections) to the
  // handler; an answer of "" closes.
  static Script serve(Handler handler);

  uint16_t port() const { return port_; }
  std::string url(std::string_view target = "/") const;
  int connections() const { return connections_; }
  SSL_CTX* tls() const { return context_; }

 private:
  void accept_all();

  Script script_;
  SSL_CTX* context_ = nullptr;
  std::string address_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with a Content-Length.
std::string answer(int status, std::string_view body = "", std::string_view headers = "");

SSL_CTX* server_context(const ServerTls& tls);  // the caller frees it

}  // namespace tq::test
