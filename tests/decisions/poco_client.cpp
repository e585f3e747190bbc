// SPDX-License-Identifier: Apache-2.0
#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <istream>
#include <sstream>
#include <thread>
#include <vector>

#include "decisions/client.hpp"

namespace decision {
namespace {

using Poco::Net::HTTPClientSession;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

class PocoClient : public Client {
 public:
  ~PocoClient() override { Poco::Net::uninitializeSSL(); }

  std::string fetch(const Ask& ask) override {
    try {
      HTTPResponse response;
      const auto body = open(ask, &response);
      std::ostringstream text;
      Poco::StreamCopier::copyStream(*body, text);
      return answer_text(response.getStatus(), text.str());
    } catch (const Poco::Exception& error) {
      return error.displayText();
    }
  }

  // Closing the socket under the reader is the only way that it has.
  std::string cancel(const Ask& ask) override {
    uint64_t from = 0, to = 0;
    HTTPResponse response;
    const auto body = open(ask, &response);
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(kCancelAfterMs));
      from = now_ms();
      session_->abort();
    });
    std::string end = "as an ordinary end";
    try {
      std::ostringstream text;
      Poco::StreamCopier::copyStream(*body, text);
    } catch (const Poco::Exception& error) {
      end = error.displayText();
    }
    to = now_ms();
    other.join();
    return std::to_string(to - from) + " ms (abort(); the reader sees it " + end + ")";
  }

  std::string pause(const Ask& ask) override {
    const double before = resident_mib();
    HTTPResponse response;
    const auto body = open(ask, &response);
    std::vector<char> bytes(kTasteBytes);
    body->read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
    return growth_text(before);
  }

  bool stream(const Ask& ask) override {
    HTTPResponse response;
    const auto body = open(ask, &response);
    std::vector<char> bytes(kTasteBytes);
    while (body->read(bytes.data(), static_cast<std::streamsize>(bytes.size())) ||
           body->gcount() > 0) {
    }
    return response.getStatus() == HTTPResponse::HTTP_OK;
  }

 private:
  std::shared_ptr<std::istream> open(const Ask& ask, HTTPResponse* response) {
    const Poco::URI uri(ask.url);
    if (session_ == nullptr) connect(uri, ask);
    HTTPRequest request(ask.method, uri.getPathAndQuery(), HTTPRequest::HTTP_1_1);
    request.set("Accept-Encoding", "gzip");
    if (ask.method != "GET") request.setContentLength64(static_cast<Poco::Int64>(ask.body_bytes));
    std::ostream& out = session_->sendRequest(request);
    const std::string piece(kTasteBytes, 'x');
    for (size_t left = ask.body_bytes; left > 0 && out;) {
      const size_t size = std::min(left, piece.size());
      out.write(piece.data(), static_cast<std::streamsize>(size));
      left -= size;
    }
    out.flush();
    std::istream& in = session_->receiveResponse(*response);
    if (response->get("Content-Encoding", "") == "gzip")
      return std::make_shared<Poco::InflatingInputStream>(in,
                                                          Poco::InflatingStreamBuf::STREAM_GZIP);
    return {std::shared_ptr<void>(), &in};
  }

  void connect(const Poco::URI& uri, const Ask& ask) {
    if (uri.getScheme() == "https") {
      const Poco::Net::Context::Ptr context = new Poco::Net::Context(
          Poco::Net::Context::TLS_CLIENT_USE, ask.ca_file, Poco::Net::Context::VERIFY_STRICT);
      Poco::Net::SSLManager::instance().initializeClient(
          nullptr, new Poco::Net::RejectCertificateHandler(false), context);
      session_ =
          std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
    } else {
      session_ = std::make_unique<HTTPClientSession>(uri.getHost(), uri.getPort());
    }
    session_->setKeepAlive(true);
    session_->setTimeout(Poco::Timespan(10, 0));
  }

  std::unique_ptr<HTTPClientSession> session_;
};

}  // namespace

std::unique_ptr<Client> poco_client() { return std::make_unique<PocoClient>(); }

}  // namespace decision
