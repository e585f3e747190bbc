// SPDX-License-Identifier: Apache-2.0
#include "services/http_call.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace tq {
namespace {

using Clock = std::chrono::steady_clock;

// For crash points: what the request does, without the query.
std::string effect_name(const HttpRequest& request) {
  const std::string& target = request.url.target;
  return request.method + " " + target.substr(0, target.find('?'));
}

Error stop_asked() { return {Status::kCancelled, "stop was asked for"}; }

}  // namespace

Exchanges::Exchanges(HttpClient& client, World& world, const Cancel& run, uint32_t parallel)
    : client_(client), world_(world), run_(run), parallel_(std::max(parallel, 1U)) {
  on_cancel_.emplace(run_, [this] { give_up_all(); });
}

Exchanges::~Exchanges() {
  on_cancel_.reset();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  give_up_all();
  queued_.notify_all();
  threads_.clear();  // waits for them
}

// Takes no memory: it is called where nothing may be thrown. What begins after it sees for itself
// that the run is cancelled.
void Exchanges::give_up_all() noexcept {
  std::vector<ExchangePtr> open;
  {
    const std::lock_guard lock(mutex_);
    open.swap(open_);
  }
  for (const ExchangePtr& exchange : open) exchange->cancel_.cancel();
  changed_.notify_all();
}

Result<ExchangePtr> Exchanges::begin(HttpRequest request, bool effect) {
  ExchangePtr exchange;
  auto begun = contain("starting a request", [&]() -> Result<void> {
    exchange = std::make_shared<Exchange>(std::move(request), effect);
    const std::lock_guard lock(mutex_);
    open_.push_back(exchange);
    if (run_.cancelled()) exchange->cancel_.cancel();  // it came after give_up_all()
    TQ_TRY(start_thread());
    queue_.push_back(exchange);  // nothing may fail after this: a thread sends it
    return {};
  });
  if (!begun) {
    if (exchange) give_up(exchange);
    return std::move(begun.error());
  }
  queued_.notify_one();
  return exchange;
}

Result<void> Exchanges::start_thread() {
  if (threads_.size() >= parallel_ || idle_threads_ > queue_.size()) return {};
  threads_.reserve(threads_.size() + 1);
  auto thread = Thread::start([this] { serve(); });
  if (thread) {
    threads_.push_back(thread.take());
  } else if (threads_.empty()) {  // with one at least everything is sent, later
    return std::move(thread.error()).in("sending requests");
  }
  return {};
}

void Exchanges::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_threads_;
    queued_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    --idle_threads_;
    if (ending_) return;
    ExchangePtr exchange = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    send(*exchange);
    exchange.reset();  // one that was given up ends here, with its response
    lock.lock();
  }
}

void Exchanges::send(Exchange& exchange) {
  std::unique_ptr<HttpResponse> answer;
  auto outcome = contain("sending a request", [&]() -> Result<void> {
    if (exchange.cancel_.cancelled()) return stop_asked();
    const std::string name = exchange.effect_ ? effect_name(exchange.request_) : std::string();
    if (exchange.effect_) world_.reach("before " + name);
    TQ_ASSIGN(answer, client_.send(exchange.request_, exchange.cancel_));
    if (exchange.effect_) world_.reach("after " + name);
    return {};
  });
  {
    const std::lock_guard lock(mutex_);
    if (outcome) {
      exchange.response_ = std::move(answer);
    } else {
      exchange.error_ = std::move(outcome.error());
    }
    exchange.over_ = true;
  }
  changed_.notify_all();
}

Result<size_t> Exchanges::wait(std::span<Exchange* const> exchanges, uint64_t wait_ms) {
  constexpr uint64_t kLongestMs = 1000ULL * 60 * 60 * 24 * 365;  // inside the clock's range
  const auto deadline = Clock::now() + std::chrono::milliseconds(std::min(wait_ms, kLongestMs));
  const auto first_over = [&] {
    return std::find_if(exchanges.begin(), exchanges.end(),
                        [](const Exchange* each) { return each->over_; });
  };
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline,
                      [&] { return run_.cancelled() || first_over() != exchanges.end(); });
  if (run_.cancelled()) return stop_asked();
  const auto found = first_over();
  if (found == exchanges.end()) return Error{Status::kAgain, "no answer within the time"};
  return static_cast<size_t>(found - exchanges.begin());
}

void Exchanges::give_up(const ExchangePtr& exchange) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(open_, exchange);
    std::erase(queue_, exchange);
    // An answer ends by itself, and its connection may be used again.
    if (exchange->over_) return;
  }
  exchange->cancel_.cancel();
}

}  // namespace tq
