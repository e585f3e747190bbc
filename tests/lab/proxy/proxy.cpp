// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/proxy.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <thread>

#include "lab/frame/listener.hpp"
#include "lab/frame/server.hpp"
#include "lab/frame/wire.hpp"
#include "lab/proxy/connector.hpp"
#include "lab/proxy/login.hpp"
#include "lab/proxy/socks.hpp"
#include "lab/proxy/traffic.hpp"

namespace lab {
namespace {

// The frame's control routes ask a service; the proxy has none behind it.
class NoService : public Service {
 public:
  Response handle(const Request&) override {
    return Response::json(404, {{"error", "this is a proxy"}});
  }
  std::string dump(const Request&) override { return "{}"; }
  Response change(const Json&) override {
    return Response::json(400, {{"error", "a proxy has nothing to change"}});
  }
  bool fault(const Json&) override { return false; }
};

struct ProxyState {
  const ProxyOptions& options;
  Connector connector;
  Login login;
  Traffic traffic;
  NoService service;
  ServerState frame{service, false, {}, {}};
};

Response plain_text(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::move(text);
  return response;
}

class Passing : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Passing(ProxyState& state) : state_(state) {}
  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override;

 private:
  std::optional<Response> stopped(Poco::Net::HTTPServerRequestImpl& request, Passage& passage,
                                  bool& keep_alive);
  void control_call(Poco::Net::HTTPServerRequestImpl& request);
  std::optional<Response> faulty(const Poco::Net::HTTPServerRequestImpl& request,
                                 const std::string& target, bool& reset_it);
  void connect(Poco::Net::HTTPServerRequestImpl& request, const std::string& target,
               Passage& passage);
  void forward(Poco::Net::HTTPServerRequestImpl& request, const std::string& target,
               Passage& passage);
  void say(Poco::Net::StreamSocket& socket, const Response& response, bool keep_alive = false) {
    Sending how;
    how.keep_alive = keep_alive;
    how.promised_bytes = response.body.size();
    how.date = std::chrono::system_clock::now();
    send(socket, response, how);
  }

  ProxyState& state_;
};

// What is said to who has not proved who he is.
std::optional<Response> Passing::stopped(Poco::Net::HTTPServerRequestImpl& request,
                                         Passage& passage, bool& keep_alive) {
  const Verdict verdict =
      state_.login.judge(request.socket().peerAddress().toString(), request.getMethod(),
                         request.getURI(), request.get("Proxy-Authorization", std::string()));
  state_.traffic.let_through(passage, verdict.login);
  if (verdict.through) return std::nullopt;
  Response response = plain_text(407, "Proxy authentication is required.\n");
  for (const std::string& challenge : verdict.challenges)
    response.headers.emplace_back("Proxy-Authenticate", challenge);
  // Basic needs no connection that goes on, and some proxies end it.
  keep_alive = state_.options.auth != "basic";
  const bool has_body = request.getChunkedTransferEncoding() || request.hasContentLength();
  std::string body;
  if (keep_alive && has_body) Poco::StreamCopier::copyToString(request.stream(), body);
  return response;
}

// The proxy looks into no answer, so it cannot change one.
bool is_proxy_fault(const std::string& rule) {
  const Json parsed = Json::parse(rule, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("action")) return true;  // refused with its own text
  for (const char* unfit : {"truncate", "short_body", "slow_bytes_per_s", "skew_s", "malformed"}) {
    if (parsed["action"].contains(unfit)) return false;
  }
  return !parsed.contains("after_effect");
}

void Passing::control_call(Poco::Net::HTTPServerRequestImpl& request) {
  const Received received = receive(request);
  const std::string call = received.request.method + ' ' + received.request.path;
  if (call == "GET /__lab/requests") {
    Response response;
    response.body = state_.traffic.json();
    say(request.socket(), response);
  } else if (call == "DELETE /__lab/requests") {
    state_.traffic.reset();
    say(request.socket(), Response::json(200, {{"ok", true}}));
  } else if (call == "POST /__lab/fault" && !is_proxy_fault(received.request.body)) {
    say(request.socket(),
        Response::json(
            400, {{"error", "a proxy knows the actions status, html, reset and delay_ms only"}}));
  } else if (is_control(received.request)) {
    say(request.socket(), control(state_.frame, received.request));
  } else {
    say(request.socket(),
        plain_text(400, "This is a proxy: ask for an absolute URL or CONNECT.\n"));
  }
}

// What is answered by rule instead of passing the request on.
std::optional<Response> Passing::faulty(const Poco::Net::HTTPServerRequestImpl& request,
                                        const std::string& target, bool& reset_it) {
  Request described;
  described.method = request.getMethod();
  described.path = target;
  const Plan plan = state_.frame.faults.next(described);
  std::this_thread::sleep_for(plan.delay);
  reset_it = plan.reset;
  return plan.answer;
}

void Passing::handleRequest(Poco::Net::HTTPServerRequest& base,
                            Poco::Net::HTTPServerResponse& response) {
  auto& request = static_cast<Poco::Net::HTTPServerRequestImpl&>(base);
  response.setKeepAlive(false);
  const bool is_connect = request.getMethod() == Poco::Net::HTTPRequest::HTTP_CONNECT;
  if (!is_connect && request.getURI().starts_with('/')) return control_call(request);
  std::string target = request.getURI();
  if (!is_connect) {
    const Poco::URI uri(target);
    target = uri.getHost() + ':' + std::to_string(uri.getPort());
  }
  const auto passage =
      state_.traffic.begin(request.getMethod(), target, request.get("User-Agent", std::string()));
  bool reset_it = false;
  bool keep_alive = false;
  std::optional<Response> answer = stopped(request, *passage, keep_alive);
  if (!answer) answer = faulty(request, target, reset_it);
  if (reset_it) return reset(request.socket());
  try {
    if (!answer) {
      return is_connect ? connect(request, target, *passage) : forward(request, target, *passage);
    }
  } catch (const std::invalid_argument& error) {
    answer = plain_text(403, error.what());
  } catch (const Poco::Exception& error) {
    answer = plain_text(502, "Cannot reach " + target + ": " + error.displayText() + '\n');
  }
  passage->status = answer->status;
  response.setKeepAlive(keep_alive);
  say(request.socket(), *answer, keep_alive);
}

void Passing::connect(Poco::Net::HTTPServerRequestImpl& request, const std::string& target,
                      Passage& passage) {
  Poco::Net::StreamSocket server = state_.connector.connect(target);
  constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
  passage.status = 200;
  request.socket().sendBytes(kEstablished.data(), static_cast<int>(kEstablished.size()));
  tunnel(request.detachSocket(), server, passage);
}

void Passing::forward(Poco::Net::HTTPServerRequestImpl& request, const std::string& target,
                      Passage& passage) {
  const Poco::URI uri(request.getURI());
  if (uri.getScheme() != "http")
    throw std::invalid_argument("only http:// URLs; use CONNECT for https");
  Poco::Net::StreamSocket server = state_.connector.connect(target);
  std::string body;
  const bool has_body = request.getChunkedTransferEncoding() || request.hasContentLength();
  if (has_body) Poco::StreamCopier::copyToString(request.stream(), body);
  Poco::Net::HTTPRequest onward(request);
  onward.setURI(uri.getPathAndQuery().empty() ? "/" : uri.getPathAndQuery());
  onward.removeProxyCredentials();
  onward.erase("Proxy-Connection");
  onward.setKeepAlive(false);  // the end of the connection is the end of the answer
  if (has_body) {
    onward.setChunkedTransferEncoding(false);
    onward.setContentLength64(static_cast<Poco::Int64>(body.size()));
  }
  std::ostringstream text;
  onward.write(text);
  const std::string whole = text.str() + body;
  for (std::size_t done = 0; done < whole.size();) {
    done += static_cast<std::size_t>(
        server.sendBytes(whole.data() + done, static_cast<int>(whole.size() - done)));
  }
  passage.bytes_up += whole.size();
  passage.status = 200;  // passed on; the answer itself is not looked at
  relay(request.socket(), server, passage);
}

class PassingFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit PassingFactory(ProxyState& state) : state_(state) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new Passing(state_);
  }

 private:
  ProxyState& state_;
};

}  // namespace

void serve_proxy(const ProxyOptions& options, const FrameOptions& frame) {
  // Neither is destroyed: tunnels may be open when the process ends.
  auto* state = new ProxyState{options, Connector(options.hosts), Login(options), {}, {}};
  int status = EXIT_SUCCESS;
  try {
    std::optional<TlsFiles> tls;
    if (!options.tls_dir.empty()) tls = tls_files(std::filesystem::absolute(options.tls_dir));
    const auto* listener = new Listener(new PassingFactory(*state), frame.port, tls);
    std::string socks;
    if (options.socks)
      socks = "127.0.0.1:" + std::to_string(serve_socks(options, state->connector, state->traffic));
    announce("proxy", listener->url(), tls ? tls->ca : std::filesystem::path(), socks);
    wait_for_end(frame);
  } catch (const std::exception& error) {
    std::cerr << "tqlab proxy: " << error.what() << std::endl;
    status = EXIT_FAILURE;
  }
  std::_Exit(status);
}

}  // namespace lab
