// SPDX-License-Identifier: Apache-2.0
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <thread>

#include "lab/frame/gzip.hpp"
#include "lab/frame/portal.hpp"
#include "lab/frame/server.hpp"
#include "lab/frame/wire.hpp"

namespace lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::size_t kLeastGzipBytes = 256;

class Exchange : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Exchange(ServerState& state) : state_(state) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override;

 private:
  Response ask_service(const Request& request);
  void answer(const Received& received, const Plan& plan, Response response);
  void send_answer(const Request& request, const Response& response, const Plan& plan,
                   std::size_t bytes);
  void log(const Received& received, const Response& response, int status, std::size_t bytes_out);
  void close_after() { poco_response_->setKeepAlive(false); }
  Poco::Net::StreamSocket& socket() {
    return static_cast<Poco::Net::HTTPServerRequestImpl*>(poco_request_)->socket();
  }

  ServerState& state_;
  Poco::Net::HTTPServerRequest* poco_request_ = nullptr;
  Poco::Net::HTTPServerResponse* poco_response_ = nullptr;
  std::uint64_t seq_ = 0;
  system_clock::time_point arrived_;
  steady_clock::time_point started_;
};

Response refusal(int status, const std::string& why) {
  Response response = Response::json(status, {{"error", why}});
  response.headers.emplace_back("X-Lab-Reason", why);
  return response;
}

std::string reason_of(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "X-Lab-Reason") return value;
  }
  return {};
}

void compress(const Request& request, Response& response) {
  const auto accepted = request.header("Accept-Encoding");
  if (!accepted || accepted->find("gzip") == std::string::npos) return;
  if (response.body.size() < kLeastGzipBytes) return;
  response.body = gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

void Exchange::handleRequest(Poco::Net::HTTPServerRequest& request,
                             Poco::Net::HTTPServerResponse& response) {
  poco_request_ = &request;
  poco_response_ = &response;
  seq_ = 0;
  arrived_ = system_clock::now();
  started_ = steady_clock::now();
  Received received;
  try {
    received = receive(request);
  } catch (const BadRequest& error) {
    close_after();  // the rest of the request may still be on its way
    received.request.method = request.getMethod();
    received.target = request.getURI();
    answer(received, {}, refusal(error.status, error.what()));
    return;
  }
  if (is_control(received.request)) {
    const Response result = control(state_, received.request);
    send_answer(received.request, result, {}, result.body.size());
    return;
  }
  seq_ = state_.log.arrive();
  const Plan plan = state_.faults.next(received.request);
  std::this_thread::sleep_for(plan.delay);
  Response result;
  if (const auto portal = portal_answer(received.request)) {
    result = *portal;
  } else if (plan.effect) {
    result = ask_service(received.request);
  }
  if (plan.answer) result = *plan.answer;
  answer(received, plan, std::move(result));
}

Response Exchange::ask_service(const Request& request) try {
  return state_.service.handle(request);
} catch (const std::exception& error) {
  return refusal(500, std::string("the simulator failed: ") + error.what());
}

void Exchange::answer(const Received& received, const Plan& plan, Response response) {
  if (plan.reset) {
    log(received, response, 0, 0);
    close_after();
    reset(socket());
    return;
  }
  if (plan.truncate) response.body.resize(std::min(*plan.truncate, response.body.size()));
  if (state_.gzip) compress(received.request, response);
  const std::size_t whole = response.body.size();
  if (plan.short_body) {
    response.body.resize(std::min(*plan.short_body, whole));
    close_after();
  }
  const bool no_body = received.request.method == "HEAD";
  log(received, response, response.status, no_body ? 0 : response.body.size());
  send_answer(received.request, response, plan, whole);
}

void Exchange::send_answer(const Request& request, const Response& response, const Plan& plan,
                           std::size_t bytes) {
  Sending how;
  how.head_only = request.method == "HEAD";
  how.keep_alive = poco_response_->getKeepAlive();
  how.promised_bytes = bytes;
  how.date = system_clock::now() + plan.skew;
  how.bytes_per_second = plan.bytes_per_second;
  try {
    send(socket(), response, how);
  } catch (const Poco::Exception&) {
    close_after();  // the peer went away before the end of its answer
  }
}

// Before the answer is sent, so that a client that has it also finds its request in the log.
void Exchange::log(const Received& received, const Response& response, int status,
                   std::size_t bytes_out) {
  const Request& request = received.request;
  LoggedRequest entry;
  entry.seq = seq_ != 0 ? seq_ : state_.log.arrive();
  entry.time_ms = std::chrono::duration_cast<milliseconds>(arrived_.time_since_epoch()).count();
  entry.took_ms = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_).count();
  entry.method = request.method;
  entry.target = received.target;
  entry.status = status;
  entry.bytes_in = received.wire_bytes;
  entry.bytes_out = bytes_out;
  entry.body_sha256 = sha256_hex(request.body);
  entry.user_agent = request.header("User-Agent").value_or("");
  for (const auto& header : request.headers) entry.header_names.push_back(header.first);
  entry.reason = reason_of(response);
  state_.log.add(std::move(entry), state_.service.route(request));
}

class ExchangeFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit ExchangeFactory(ServerState& state) : state_(state) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new Exchange(state_);
  }

 private:
  ServerState& state_;
};

}  // namespace

Poco::Net::HTTPRequestHandlerFactory::Ptr exchange_factory(ServerState& state) {
  return new ExchangeFactory(state);
}

}  // namespace lab
