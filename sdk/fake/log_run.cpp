// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "world.hpp"

namespace tqp::fake {
namespace {

// For what answers no status.
template <typename... Texts>
bool lacks(World& world, const char* call, const Texts&... texts) {
  if (all_given(texts...)) return false;
  world.null_argument(call, nullptr);
  return true;
}

int32_t enabled(tqp_host_ctx*, int32_t level) { return level >= TQP_LOG_DEBUG ? 1 : 0; }

void write(tqp_host_ctx* ctx, int32_t level, tqp_str text, const tqp_kv* kv, size_t n) {
  World& world = World::of(ctx);
  bool whole = given(text) && (kv != nullptr || n == 0);
  for (size_t i = 0; whole && i < n; ++i) whole = all_given(kv[i].key, kv[i].value);
  if (!whole) {
    world.null_argument("log.write", nullptr);
    return;
  }
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (world.seen().crashed) return;
  LogLine line{level, std::string(to_view(text)), {}};
  for (size_t i = 0; i < n; ++i) line.fields.emplace_back(to_view(kv[i].key), to_view(kv[i].value));
  world.seen().log.push_back(std::move(line));
}

const tqp_run_info* info(tqp_host_ctx* ctx) {
  World& world = World::of(ctx);
  const std::lock_guard<std::mutex> lock(world.mutex);
  const Setup& setup = world.setup();
  world.info.size = sizeof world.info;
  world.info.flags = setup.flags;
  world.info.started_ms = setup.now_ms;
  world.info.historical_ms = setup.historical_ms;
  world.info.instance = to_str(setup.instance);
  world.info.run_id = to_str(setup.run_id);
  return &world.info;
}

int32_t cancelled(tqp_host_ctx* ctx) { return World::of(ctx).poll() ? 1 : 0; }

void progress(tqp_host_ctx* ctx, uint64_t done, uint64_t total, tqp_str text) {
  World& world = World::of(ctx);
  if (lacks(world, "run.progress", text)) return;
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (!world.seen().crashed) {
    world.seen().progress.push_back({done, total, std::string(to_view(text))});
  }
}

int64_t now_ms(tqp_host_ctx* ctx) {
  World& world = World::of(ctx);
  const std::lock_guard<std::mutex> lock(world.mutex);
  return world.setup().now_ms;
}

uint64_t mono_ms(tqp_host_ctx* ctx) {
  World& world = World::of(ctx);
  const std::lock_guard<std::mutex> lock(world.mutex);
  return world.mono_ms;
}

// SplitMix64: the same bytes for the same seed.
tqp_status random(tqp_host_ctx* ctx, void* out, size_t n) {
  World& world = World::of(ctx);
  if (out == nullptr && n != 0) return world.null_argument("run.random", nullptr);
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (world.seen().crashed) return TQP_E_TRANSIENT;
  auto* const bytes = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < n; ++i) {
    uint64_t z = world.random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    bytes[i] = static_cast<unsigned char>(z >> 56);
  }
  return TQP_OK;
}

tqp_status sleep_ms(tqp_host_ctx* ctx, uint64_t ms) {
  World& world = World::of(ctx);
  if (world.seen().crashed) return TQP_E_TRANSIENT;
  if (world.poll()) return TQP_CANCELLED;
  world.pass(ms);
  return TQP_OK;
}

void ready(tqp_host_ctx* ctx) {
  World& world = World::of(ctx);
  if (world.at_home("run.ready")) world.seen().ready = true;
}

void count(tqp_host_ctx* ctx, int32_t what, tqp_str reason, uint64_t n) {
  World& world = World::of(ctx);
  if (lacks(world, "run.count", reason)) return;
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (!world.seen().crashed) world.seen().counts[{what, std::string(to_view(reason))}] += n;
}

void reject(tqp_host_ctx* ctx, tqp_str type, tqp_str value, tqp_str reason) {
  World& world = World::of(ctx);
  if (lacks(world, "run.reject", type, value, reason)) return;
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (world.seen().crashed) return;
  auto& accepted = world.accepted;
  accepted.erase(std::remove_if(accepted.begin(), accepted.end(),
                                [&](const RefusedItem& item) {
                                  return item.type == to_view(type) && item.value == to_view(value);
                                }),
                 accepted.end());
  world.seen().rejected.push_back(
      {std::string(to_view(type)), std::string(to_view(value)), std::string(to_view(reason))});
}

void accept(tqp_host_ctx* ctx, tqp_str type, tqp_str value) {
  World& world = World::of(ctx);
  if (lacks(world, "run.accept", type, value)) return;
  const std::lock_guard<std::mutex> lock(world.mutex);
  if (world.seen().crashed || world.commits_off()) return;
  world.accepted.push_back({std::string(to_view(type)), std::string(to_view(value))});
}

tqp_status next_retry(tqp_host_ctx* ctx, tqp_str* type, tqp_str* value, tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = world.refuse("run.next_retry", error)) return *refused;
  if (!all_given(type, value)) return world.null_argument("run.next_retry", error);
  const std::vector<RefusedItem>& retries = world.setup().retries;
  if (world.retries_told >= retries.size()) return TQP_END;
  const RefusedItem& item = retries[world.retries_told++];
  *type = to_str(item.type);
  *value = to_str(item.value);
  return TQP_OK;
}

}  // namespace

const tqp_log* log_table() {
  static constexpr tqp_log kTable = {sizeof kTable, 0, &enabled, &write};
  return &kTable;
}

const tqp_run* run_table() {
  static constexpr tqp_run kTable = {sizeof kTable, 0,        &info,       &cancelled, &progress,
                                     &now_ms,       &mono_ms, &random,     &sleep_ms,  &ready,
                                     &count,        &reject,  &next_retry, &accept};
  return &kTable;
}

}  // namespace tqp::fake
