// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>

namespace tqp::fake {
namespace {

thread_local World* t_running = nullptr;

}  // namespace

Calling::Calling(World& world) : world_(world), before_(t_running) {
  t_running = &world;
  world.in_call = true;
}

Calling::~Calling() {
  world_.in_call = false;
  t_running = before_;
}

void World::violation(const std::string& what) {
  const std::lock_guard<std::mutex> lock(mutex);
  seen().violations.push_back(what);
}

World* World::running() { return t_running; }

void World::broken(const std::string& what) {
  violation(what);
  const std::lock_guard<std::mutex> lock(mutex);
  if (!breach.has_value()) breach = what;
}

bool World::is_broken() {
  const std::lock_guard<std::mutex> lock(mutex);
  return in_call && breach.has_value();
}

bool World::at_home(const char* call) {
  if (std::this_thread::get_id() == home) return true;
  broken(std::string(call) + ": called on another thread than the instance's own");
  return false;
}

std::optional<tqp_status> World::refuse(const char* call, tqp_error* error) {
  if (!at_home(call)) return fail(error, {TQP_E_BUG, std::string(call) + ": on another thread"});
  if (error != nullptr && !TQP_REACHES(error, message))
    return bug(nullptr, std::string(call) + ": the size of its tqp_error is not set");
  if (seen().crashed) return crashed(error);
  return std::nullopt;
}

bool World::poll() {
  const std::lock_guard<std::mutex> lock(mutex);
  const bool ended = in_call && breach.has_value();
  return ++seen().polls >= setup().cancel_at || ended;
}

bool World::point() {
  if (++seen().points == setup().crash_at) seen().crashed = true;
  return seen().crashed;
}

void World::pass(uint64_t ms) {
  const std::lock_guard<std::mutex> lock(mutex);
  // Years are enough for any test, and keep the sum in its range.
  constexpr uint64_t kMostMs = 1000ULL * 60 * 60 * 24 * 365 * 100;
  mono_ms += std::min(ms, kMostMs);
  setup().now_ms += static_cast<int64_t>(std::min(ms, kMostMs));
}

tqp_status World::fail(tqp_error* out, const Error& error) {
  error.store(out);
  return error.status;
}

tqp_status World::crashed(tqp_error* out) {
  return fail(out, {TQP_E_TRANSIENT, "the fake host has crashed"});
}

tqp_status World::bug(tqp_error* out, const std::string& what) {
  broken(what);
  return fail(out, {TQP_E_BUG, what});
}

tqp_status World::null_argument(const char* call, tqp_error* out) {
  return bug(out, std::string(call) + ": an argument is null");
}

tqp_status put_text(tqp_sink out, std::string_view text) {
  // In two pieces, because a sink must take as many as come.
  const size_t half = text.size() / 2;
  const tqp_status status = half == 0 ? TQP_OK : out.put(out.ctx, text.data(), half);
  if (status != TQP_OK || text.size() == half) return status;
  return out.put(out.ctx, text.data() + half, text.size() - half);
}

}  // namespace tqp::fake
