// SPDX-License-Identifier: Apache-2.0
// WatchedClient: an HttpClient that remembers whether anything was ever sent (a configuration error
// before the first request means that nothing was attempted) and shows each answer to the clock's
// watch. Any thread; borrows both.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "net/http.hpp"
#include "worker/clock_watch.hpp"

namespace tq {

// What all clients of a run have in common.
struct Traffic {
  std::atomic<bool> sent{false};
  ClockWatch clock;

  Traffic(World& world, Log& log) : clock(world, log) {}
};

class WatchedClient : public HttpClient {
 public:
  WatchedClient(std::unique_ptr<HttpClient> client, Traffic& traffic)
      : client_(std::move(client)), traffic_(traffic) {}

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request,
                                             const Cancel& cancel) override {
    traffic_.sent.store(true, std::memory_order_relaxed);
    auto answer = client_->send(request, cancel);
    if (answer) traffic_.clock.see(request.url.origin, **answer);
    return answer;
  }
  void limit_rate(const Origin& origin, uint32_t requests_per_minute) override {
    client_->limit_rate(origin, requests_per_minute);
  }

 private:
  std::unique_ptr<HttpClient> client_;
  Traffic& traffic_;
};

}  // namespace tq
