// SPDX-License-Identifier: Apache-2.0
#include "net/dial.hpp"

#include <utility>

#include "net/head.hpp"
#include "net/tcp.hpp"

namespace tq {
namespace {

// What the proxy's answer to CONNECT means. Some of it passes: the proxy may not reach the host
// just now.
Error tunnel_refused(const Proxy& proxy, const Origin& origin, const ResponseHead& head) {
  std::string message = "the proxy " + proxy.origin.host_port() + " refused to connect to " +
                        origin.host_port() + ": " + std::to_string(head.status) + " " + head.reason;
  if (head.status == 407)
    message += proxy.authorization.empty() ? "; it wants a user and a password"
                                           : "; check the proxy's user and password";
  const bool passes = head.status == 429 || head.status >= 500;
  return {passes ? Status::kTransient : Status::kConfig, std::move(message), {}, head.status};
}

}  // namespace

Dialer::Dialer(const HttpOptions& options, std::optional<Proxy> proxy)
    : ca_file_(options.ca_file),
      verify_(options.verify_tls),
      connect_timeout_ms_(options.connect_timeout_ms),
      user_agent_(options.user_agent),
      proxy_(std::move(proxy)) {}

Result<std::unique_ptr<Dialer>> Dialer::create(const HttpOptions& options) {
  TQ_ASSIGN(std::optional<Proxy> proxy, parse_proxy(options));
  std::unique_ptr<Dialer> dialer(new Dialer(options, std::move(proxy)));
  if (!options.ca_file.empty()) TQ_TRY(dialer->tls());
  return dialer;
}

const Proxy* Dialer::proxy_for(const Origin& origin) const {
  return proxy_ && proxy_->used_for(origin) ? &*proxy_ : nullptr;
}

Result<const TlsContext*> Dialer::tls() {
  const std::lock_guard lock(tls_mutex_);
  if (tls_ == nullptr) {
    TQ_ASSIGN(tls_, TlsContext::create(ca_file_, verify_));
  }
  return static_cast<const TlsContext*>(tls_.get());
}

Result<std::unique_ptr<Stream>> Dialer::tunnel(const Proxy& proxy, const Origin& origin,
                                               std::unique_ptr<Stream> stream,
                                               const Patience& patience) {
  Connection connection(std::move(stream));
  std::string head = "CONNECT " + origin.host_port() + " HTTP/1.1\r\nHost: " + origin.host_port() +
                     "\r\nUser-Agent: " + user_agent_ + "\r\n";
  if (!proxy.authorization.empty()) head += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  const std::string where = "the proxy " + proxy.origin.host_port();
  if (auto sent = connection.send(head + "\r\n", patience); !sent)
    return std::move(sent.error()).in(where);
  auto answer = read_head(connection, patience);
  if (!answer) return std::move(answer.error()).in(where);
  if (answer->status / 100 != 2) return tunnel_refused(proxy, origin, *answer);
  if (!connection.buffered().empty())
    return Error{Status::kData, where + " speaks before the tunnel is used"};
  return std::move(connection).take_stream();
}

Result<std::unique_ptr<Connection>> Dialer::dial(const Origin& origin, const Patience& whole) {
  const Patience patience = whole.part(connect_timeout_ms_);
  const Proxy* proxy = proxy_for(origin);
  const Origin& first = proxy != nullptr ? proxy->origin : origin;
  auto stream = connect_tcp(first.host, first.port, patience);
  if (!stream)
    return std::move(stream.error())
        .in(proxy != nullptr ? "cannot connect to the proxy " + first.host_port()
                             : "cannot connect to " + origin.text());
  if (proxy != nullptr && origin.tls) stream = tunnel(*proxy, origin, stream.take(), patience);
  if (stream && origin.tls) {
    TQ_ASSIGN(const TlsContext* tls, this->tls());
    stream = tls->shake_hands(stream.take(), origin, patience);
  }
  if (!stream) return std::move(stream.error());
  return std::make_unique<Connection>(stream.take());
}

}  // namespace tq
