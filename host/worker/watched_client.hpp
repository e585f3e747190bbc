// SPDX-License-Identifier: Apache-2.0
// WatchedClient: an HttpClient that remembers whether anything was ever sent: a configuration error
// before the first request means that nothing was attempted. Any thread; borrows the flag.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "net/http.hpp"

namespace tq {

class WatchedClient : public HttpClient {
 public:
  WatchedClient(std::unique_ptr<HttpClient> client, std::atomic<bool>& sent)
      : client_(std::move(client)), sent_(sent) {}

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request,
                                             const Cancel& cancel) override {
    sent_.store(true, std::memory_order_relaxed);
    return client_->send(request, cancel);
  }
  void limit_rate(const Origin& origin, uint32_t requests_per_minute) override {
    client_->limit_rate(origin, requests_per_minute);
  }

 private:
  std::unique_ptr<HttpClient> client_;
  std::atomic<bool>& sent_;
};

}  // namespace tq
