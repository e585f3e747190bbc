// SPDX-License-Identifier: Apache-2.0
#include "net/dial.hpp"

#include <utility>

#include "net/socks.hpp"
#include "net/tcp.hpp"
#include "net/tunnel.hpp"

namespace tq {
namespace {

// What is wrong with the proxy itself is mended where the proxy is set.
Error at_setting(Error error, const Proxy& proxy) {
  if (error.status == Status::kConfig) error.field = proxy.setting;
  return error;
}

}  // namespace

Dialer::Dialer(const HttpOptions& options, std::optional<Proxy> proxy, Log& log)
    : ca_file_(options.ca_file),
      proxy_ca_file_(options.proxy_ca_file),
      verify_(options.verify_tls),
      connect_timeout_ms_(options.connect_timeout_ms),
      user_agent_(options.user_agent),
      proxy_(std::move(proxy)),
      auth_(proxy_ ? std::make_unique<ProxyAuth>(proxy_->has_user, proxy_->user, proxy_->password)
                   : nullptr),
      log_(log) {}

Result<std::unique_ptr<Dialer>> Dialer::create(const HttpOptions& options, Log& log) {
  TQ_ASSIGN(std::optional<Proxy> proxy, parse_proxy(options));
  const bool by_tls = proxy && proxy->kind == ProxyKind::kHttps && !options.proxy_ca_file.empty();
  std::unique_ptr<Dialer> dialer(new Dialer(options, std::move(proxy), log));
  if (!options.ca_file.empty()) TQ_TRY(dialer->tls());
  if (by_tls) TQ_TRY(dialer->proxy_tls());
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

// Always verified: what may be left out for one server is no word about the proxy.
Result<const TlsContext*> Dialer::proxy_tls() {
  const std::lock_guard lock(tls_mutex_);
  if (proxy_tls_ == nullptr) {
    TQ_ASSIGN(proxy_tls_, TlsContext::create(proxy_ca_file_, /*verify=*/true, "proxy.ca_file"));
  }
  return static_cast<const TlsContext*>(proxy_tls_.get());
}

Result<std::unique_ptr<Stream>> Dialer::reach_proxy(const Proxy& proxy, const Patience& patience) {
  auto stream = connect_tcp(proxy.origin.host, proxy.origin.port, patience);
  if (!stream)
    return at_setting(
        std::move(stream.error()).in("cannot connect to the proxy " + proxy.origin.host_port()),
        proxy);
  if (proxy.kind != ProxyKind::kHttps) return stream;
  TQ_ASSIGN(const TlsContext* tls, proxy_tls());
  auto secured = tls->shake_hands(stream.take(), proxy.origin, patience);
  if (!secured) return at_setting(std::move(secured.error()).in("the proxy"), proxy);
  return secured;
}

// Up to where TLS with the origin begins, or the request to it.
Result<std::unique_ptr<Stream>> Dialer::reach_by_proxy(const Proxy& proxy, const Origin& origin,
                                                       const Patience& patience) {
  if (proxy.relays(origin)) return reach_proxy(proxy, patience);
  if (proxy.kind != ProxyKind::kSocks)
    return open_tunnel(
        proxy, *auth_, origin, user_agent_, [&] { return reach_proxy(proxy, patience); }, patience);
  TQ_ASSIGN(auto stream, reach_proxy(proxy, patience));
  return open_socks(proxy, origin, std::move(stream), patience);
}

Result<std::unique_ptr<Connection>> Dialer::dial(const Origin& origin, const Patience& whole) {
  const Patience patience = whole.part(connect_timeout_ms_);
  const Proxy* proxy = proxy_for(origin);
  auto stream = proxy != nullptr ? reach_by_proxy(*proxy, origin, patience)
                                 : connect_tcp(origin.host, origin.port, patience);
  if (!stream && proxy == nullptr)
    return std::move(stream.error()).in("cannot connect to " + origin.text());
  // A relay is told of when it has let a request through.
  if (stream && proxy != nullptr && !proxy->relays(origin)) tell(*proxy, origin);
  if (stream && origin.tls) {
    TQ_ASSIGN(const TlsContext* tls, this->tls());
    stream = tls->shake_hands(stream.take(), origin, patience);
  }
  if (!stream) return std::move(stream.error());
  return std::make_unique<Connection>(stream.take());
}

void Dialer::tell(const Proxy& proxy, const Origin& origin) {
  bool is_first = false;
  {
    const std::lock_guard lock(told_mutex_);
    is_first = told_.insert(origin.text()).second;
  }
  std::string login = scheme_name(auth_->scheme());
  if (proxy.kind == ProxyKind::kSocks) login = proxy.has_user ? "password" : "none";
  const std::string text = "reached " + origin.text() + " through the proxy " + proxy.name();
  if (is_first) {
    log_.info(Event::kHttpProxy, text, {{"log_in", login}});
  } else {
    log_.debug(Event::kHttpProxy, text, {{"log_in", login}});
  }
}

}  // namespace tq
