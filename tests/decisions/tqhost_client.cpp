// SPDX-License-Identifier: Apache-2.0
#include <thread>
#include <vector>

#include "core/world.hpp"
#include "decisions/client.hpp"
#include "log/log.hpp"
#include "net/http.hpp"

namespace decision {
namespace {

using tq::HttpResponse;
using tq::Result;

class TqhostClient : public Client {
 public:
  std::string fetch(const Ask& ask) override {
    auto response = send(ask);
    if (!response) return text(response.error());
    auto body = (*response)->read_all(1 << 20);
    return body ? answer_text((*response)->status(), *body) : text(body.error());
  }

  std::string cancel(const Ask& ask) override {
    auto response = send(ask);
    if (!response) return text(response.error());
    uint64_t from = 0;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(kCancelAfterMs));
      from = now_ms();
      cancel_.cancel();
    });
    auto body = (*response)->read_all(1 << 20);
    const uint64_t to = now_ms();
    other.join();
    return std::to_string(to - from) + " ms";
  }

  std::string pause(const Ask& ask) override {
    const double before = resident_mib();
    auto response = send(ask);
    if (!response) return text(response.error());
    std::vector<char> bytes(kTasteBytes);
    if (auto got = (*response)->read(bytes.data(), bytes.size()); !got) return text(got.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
    return growth_text(before);
  }

  bool stream(const Ask& ask) override {
    auto response = send(ask);
    std::vector<char> bytes(kTasteBytes);
    while (response) {
      auto got = (*response)->read(bytes.data(), bytes.size());
      if (!got) return false;
      if (*got == 0) return true;
    }
    return false;
  }

 private:
  Result<std::unique_ptr<HttpResponse>> send(const Ask& ask) {
    if (client_ == nullptr) {
      tq::HttpOptions options;
      options.ca_file = ask.ca_file;
      TQ_ASSIGN(client_, tq::HttpClient::create(options, world_, *log_));
    }
    tq::HttpRequest request;
    request.method = ask.method;
    TQ_ASSIGN(request.url, tq::parse_url(ask.url));
    if (ask.body_bytes > 0) request.body = tq::text_body(std::string(ask.body_bytes, 'x'));
    return client_->send(request, cancel_);
  }

  static std::string text(const tq::Error& error) {
    return std::string(tq::status_name(error.status)) + ": " + error.message;
  }

  tq::RealWorld world_;
  tq::Cancel cancel_;
  std::unique_ptr<tq::Log> log_ = tq::Log::null();
  std::unique_ptr<tq::HttpClient> client_;
};

}  // namespace

std::unique_ptr<Client> tqhost_client() { return std::make_unique<TqhostClient>(); }

}  // namespace decision
