// SPDX-License-Identifier: Apache-2.0
// Exchange: one request on its way, then its answer. Exchanges: sends them on a few threads of its
// own, in the order they were begun. Members from one thread, the home thread; an exchange that is
// over belongs to it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/thread.hpp"
#include "core/world.hpp"
#include "net/http.hpp"

namespace tq {

class Exchange {
 public:
  Exchange(HttpRequest request, bool effect) : request_(std::move(request)), effect_(effect) {}

  const HttpRequest& request() const { return request_; }
  // REQUIRES: wait() has answered this exchange.
  HttpResponse* response() const { return response_.get(); }  // null: not answered
  const std::optional<Error>& error() const { return error_; }

 private:
  friend class Exchanges;

  HttpRequest request_;
  const bool effect_;
  Cancel cancel_;  // of this request alone; outlives the response, whose reads follow it
  bool over_ = false;
  std::unique_ptr<HttpResponse> response_;
  std::optional<Error> error_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

class Exchanges {
 public:
  // At most `parallel` requests are sent at once, more wait. When `run` is cancelled, everything is
  // given up. All references outlive it.
  Exchanges(HttpClient& client, World& world, const Cancel& run, uint32_t parallel);
  // Gives up what is not over and waits for the threads.
  ~Exchanges();
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;

  // Throws nothing. After an error the request is not sent.
  Result<ExchangePtr> begin(HttpRequest request, bool effect);

  // The first of `exchanges` that is over, answered or not. E_AGAIN: none within the time;
  // CANCELLED: at once when the run is.
  Result<size_t> wait(std::span<Exchange* const> exchanges, uint64_t wait_ms);

  // Returns at once; what still runs ends by itself.
  void give_up(const ExchangePtr& exchange);

 private:
  void serve();
  void send(Exchange& exchange);
  void give_up_all() noexcept;
  // For one more in the queue, unless enough threads are there. With the mutex.
  Result<void> start_thread();

  HttpClient& client_;
  World& world_;
  const Cancel& run_;
  const uint32_t parallel_;

  std::mutex mutex_;
  std::condition_variable queued_;   // for the threads
  std::condition_variable changed_;  // for wait()
  std::deque<ExchangePtr> queue_;
  std::vector<ExchangePtr> open_;  // begun and not given up
  size_t idle_threads_ = 0;
  bool ending_ = false;
  std::vector<Thread> threads_;
  std::optional<OnCancel> on_cancel_;
};

}  // namespace tq
