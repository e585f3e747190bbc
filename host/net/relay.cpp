// SPDX-License-Identifier: Apache-2.0
#include "net/relay.hpp"

#include <optional>
#include <utility>

#include "net/tunnel.hpp"

namespace tq {
namespace {

class ByProxy {
 public:
  ByProxy(const Relay& relay, const HttpRequest& request, const Url& url, const Headers& headers,
          std::unique_ptr<Connection>* connection, Stage* stage)
      : relay_(relay),
        request_(request),
        url_(url),
        headers_(headers),
        connection_(*connection),
        stage_(*stage) {}

  Result<Exchanged> run() {
    std::optional<ProxyLogin> login(std::in_place, auth(), connection_->logged_in());
    bool asked_before = false;
    while (true) {
      // A body that only the refusal of the first half meets would be sent for nothing, and may
      // cost the connection that the second half needs.
      if (login->begins_ntlm() && request_.body != nullptr) {
        if (std::exchange(asked_before, true)) return log_in_cut(relay_.proxy);
        TQ_TRY(log_in_without_body());
        login.emplace(auth(), true);
      }
      TQ_ASSIGN(Exchanged done, try_once(*login));
      if (done.head.status != 407) {
        if (login->half_way()) connection_->set_logged_in();
        relay_.dialer.tell(relay_.proxy, url_.origin);
        return done;
      }
      stage_ = Stage::kNothingSent;
      if (auto again = login->refused(done.head); !again)
        return login_refused(
            relay_.proxy,
            "the proxy " + relay_.proxy.origin.host_port() + " refuses the request: 407",
            std::move(again.error()));
      TQ_TRY(ready_again(*login, done));
    }
  }

 private:
  ProxyAuth& auth() { return relay_.dialer.proxy_auth(); }

  Result<Exchanged> try_once(ProxyLogin& login) {
    auto proof = login.credentials(request_.method, url_.text());
    if (!proof)
      return login_refused(relay_.proxy, "the proxy " + relay_.proxy.origin.host_port(),
                           std::move(proof.error()));
    return exchange(*connection_,
                    request_head(request_, url_, headers_, relay_.user_agent, &*proof),
                    request_.body.get(), relay_.patience, &stage_);
  }

  // Another try needs a connection on which nothing is under way.
  Result<void> ready_again(const ProxyLogin& login, const Exchanged& done) {
    if (done.whole && can_go_on(*connection_, request_.method, done.head, relay_.patience))
      return {};
    if (login.bound()) return log_in_cut(relay_.proxy);
    TQ_ASSIGN(connection_, relay_.dialer.dial(url_.origin, relay_.patience));
    return {};
  }

  // HEAD of the server's root: harmless there, and the log-in is the connection's.
  Result<void> log_in_without_body() {
    HttpRequest harmless;
    harmless.method = "HEAD";
    harmless.url = {url_.origin, "/"};
    Stage stage = Stage::kNothingSent;
    TQ_ASSIGN(const Exchanged done,
              exchange_by_proxy(relay_, harmless, harmless.url, {}, &connection_, &stage));
    if (!can_go_on(*connection_, harmless.method, done.head, relay_.patience))
      return log_in_cut(relay_.proxy);
    return {};
  }

  const Relay& relay_;
  const HttpRequest& request_;
  const Url& url_;
  const Headers& headers_;
  std::unique_ptr<Connection>& connection_;
  Stage& stage_;
};

}  // namespace

Result<Exchanged> exchange_by_proxy(const Relay& relay, const HttpRequest& request, const Url& url,
                                    const Headers& headers, std::unique_ptr<Connection>* connection,
                                    Stage* stage) {
  return ByProxy(relay, request, url, headers, connection, stage).run();
}

}  // namespace tq
