// SPDX-License-Identifier: Apache-2.0
#include "net/tunnel.hpp"

#include <utility>
#include <vector>

#include "net/connection.hpp"
#include "net/framing.hpp"

namespace tq {
namespace {

constexpr size_t kLongestRefusal = 64 * 1024;  // of the body that is read off
constexpr const char* kMethod = "CONNECT";

std::string place_of(const Proxy& proxy) { return "the proxy " + proxy.origin.host_port(); }

std::string refused_what(const Proxy& proxy, const Origin& target, const ResponseHead& head) {
  return place_of(proxy) + " refused to connect to " + target.host_port() + ": " +
         std::to_string(head.status) + " " + head.reason;
}

// What the proxy's answer to CONNECT means. Some of it passes: the proxy may not reach the host
// just now.
Error tunnel_refused(const Proxy& proxy, const Origin& target, const ResponseHead& head) {
  const bool passes = head.status == 429 || head.status >= 500;
  return {passes ? Status::kTransient : Status::kConfig,
          refused_what(proxy, target, head),
          {},
          head.status};
}

Result<ResponseHead> ask(Connection& connection, const Proxy& proxy, const Origin& target,
                         const std::string& user_agent, const std::string& proof,
                         const Patience& patience) {
  std::string head = std::string(kMethod) + " " + target.host_port() +
                     " HTTP/1.1\r\nHost: " + target.host_port() + "\r\nUser-Agent: " + user_agent +
                     "\r\n";
  if (!proof.empty()) head += "Proxy-Authorization: " + proof + "\r\n";
  if (auto sent = connection.send(head + "\r\n", patience); !sent)
    return std::move(sent.error()).in(place_of(proxy));
  auto answer = read_head(connection, patience);
  if (!answer) return std::move(answer.error()).in(place_of(proxy));
  return answer;
}

}  // namespace

Result<std::unique_ptr<Stream>> open_tunnel(const Proxy& proxy, ProxyAuth& auth,
                                            const Origin& target, const std::string& user_agent,
                                            const ReachProxy& reach, const Patience& patience) {
  ProxyLogin login(auth, /*logged_in=*/false);
  std::unique_ptr<Connection> connection;
  while (true) {
    const bool used_before = connection != nullptr;
    if (!used_before) {
      TQ_ASSIGN(std::unique_ptr<Stream> stream, reach());
      connection = std::make_unique<Connection>(std::move(stream));
    }
    auto proof = login.credentials(kMethod, target.host_port());
    if (!proof) return login_refused(proxy, place_of(proxy), std::move(proof.error()));
    auto answer = ask(*connection, proxy, target, user_agent, *proof, patience);
    // Some proxies close without a word after a refusal.
    if (!answer && used_before && !login.half_way() &&
        answer.error().status == Status::kTransient && !patience.expired()) {
      connection.reset();
      continue;
    }
    if (!answer) return std::move(answer.error());
    const ResponseHead& head = *answer;
    if (head.status / 100 == 2) {
      if (!connection->buffered().empty())
        return Error{Status::kData, place_of(proxy) + " speaks before the tunnel is used"};
      return std::move(*connection).take_stream();
    }
    if (head.status != 407) return tunnel_refused(proxy, target, head);
    if (auto again = login.refused(head); !again)
      return login_refused(proxy, refused_what(proxy, target, head), std::move(again.error()));
    if (can_go_on(*connection, kMethod, head, patience)) continue;
    if (login.bound()) return log_in_cut(proxy);
    connection.reset();
  }
}

bool can_go_on(Connection& connection, const std::string& method, const ResponseHead& head,
               const Patience& patience) {
  const bool kept = head.keep_alive() || (head.has_word("Proxy-Connection", "keep-alive") &&
                                          !head.has_word("Connection", "close"));
  auto framing = BodyFraming::of(method, head);
  if (!kept || !framing || !framing->delimited()) return false;
  std::vector<char> bytes(kLongestRefusal);
  for (size_t total = 0; !framing->complete() && total < kLongestRefusal;) {
    const auto size = framing->read(connection, bytes.data(), bytes.size(), patience);
    if (!size) return false;
    total += *size;
  }
  return framing->complete() && connection.quiet();
}

Error login_refused(const Proxy& proxy, const std::string& what, Error reason) {
  reason.field = proxy.setting;
  return std::move(reason).in(what);
}

Error log_in_cut(const Proxy& proxy) {
  return {Status::kTransient, place_of(proxy) +
                                  " closes the connection in the middle of the log-in by NTLM, "
                                  "which belongs to one connection"};
}

}  // namespace tq
