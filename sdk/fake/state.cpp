// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

namespace tqp::fake {
namespace {

struct Scan final : Handle {
  explicit Scan(World* in_world) : Handle(in_world, "scan") {}
  void release() override { std::vector<std::pair<std::string, std::string>>().swap(rows); }

  std::vector<std::pair<std::string, std::string>> rows;
  size_t next = 0;
};

std::optional<tqp_status> refuse_key(World& world, const char* call, tqp_str key,
                                     tqp_error* error) {
  if (const auto refused = world.refuse(call, error)) return refused;
  if (!given(key)) return world.null_argument(call, error);
  if (key.len != 0) return std::nullopt;
  return world.bug(error, std::string(call) + ": a key has at least one byte");
}

tqp_status get(tqp_host_ctx* ctx, tqp_str key, tqp_sink out, tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = refuse_key(world, "state.get", key, error)) return *refused;
  if (!given(out)) return world.null_argument("state.get", error);
  const std::string name(to_view(key));
  if (const auto own = world.pending.find(name); own != world.pending.end()) {
    return own->second.has_value() ? put_text(out, *own->second) : TQP_END;
  }
  const auto found = world.host->state.find(name);
  return found == world.host->state.end() ? TQP_END : put_text(out, found->second);
}

tqp_status put(tqp_host_ctx* ctx, tqp_str key, tqp_str value, tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = refuse_key(world, "state.put", key, error)) return *refused;
  if (!given(value)) return world.null_argument("state.put", error);
  world.pending[std::string(to_view(key))] = std::string(to_view(value));
  return TQP_OK;
}

tqp_status erase(tqp_host_ctx* ctx, tqp_str key, tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = refuse_key(world, "state.erase", key, error)) return *refused;
  world.pending[std::string(to_view(key))] = std::nullopt;
  return TQP_OK;
}

void apply_pending(std::map<std::string, std::string>& state, const World& world) {
  for (const auto& [key, value] : world.pending) {
    if (value.has_value()) {
      state[key] = *value;
    } else {
      state.erase(key);
    }
  }
}

tqp_status scan(tqp_host_ctx* ctx, tqp_str prefix, tqp_scan** out, tqp_error* error) {
  World& world = World::of(ctx);
  if (out != nullptr) *out = nullptr;
  if (const auto refused = world.refuse("state.scan", error)) return *refused;
  if (!all_given(prefix, out)) return world.null_argument("state.scan", error);
  std::map<std::string, std::string> whole = world.host->state;
  apply_pending(whole, world);
  auto handle = std::make_unique<Scan>(&world);
  const std::string_view begin = to_view(prefix);
  for (const auto& row : whole) {
    if (std::string_view(row.first).substr(0, begin.size()) == begin) handle->rows.push_back(row);
  }
  *out = reinterpret_cast<tqp_scan*>(world.keep(std::move(handle)));
  return TQP_OK;
}

tqp_status scan_next(tqp_scan* opaque, tqp_str* key, tqp_str* value, tqp_error* error) {
  Scan* const it = needed_handle<Scan>(opaque, "state.scan_next");
  if (it == nullptr) return TQP_E_BUG;
  if (const auto refused = it->world->refuse("state.scan_next", error)) return *refused;
  if (!all_given(key, value)) return it->world->null_argument("state.scan_next", error);
  if (it->next > 0 && it->next <= it->rows.size()) it->rows[it->next - 1] = {};  // no longer theirs
  if (it->next >= it->rows.size()) return TQP_END;
  *key = to_str(it->rows[it->next].first);
  *value = to_str(it->rows[it->next].second);
  ++it->next;
  return TQP_OK;
}

void scan_close(tqp_scan* opaque) { close_handle<Scan>(opaque, "state.scan_close"); }

tqp_status commit(tqp_host_ctx* ctx, tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = world.refuse("state.commit", error)) return *refused;
  if (world.is_broken()) {
    world.pending.clear();
    return world.fail(error,
                      {TQP_E_BUG, "state.commit: the contract was broken: " + *world.breach});
  }
  if (world.commits_off()) {
    world.pending.clear();
    return TQP_OK;
  }
  if (world.point()) return world.crashed(error);
  if (world.setup().commit_failure.has_value()) {
    world.pending.clear();
    return world.fail(error, *world.setup().commit_failure);
  }
  apply_pending(world.host->state, world);
  world.pending.clear();
  {
    const std::lock_guard<std::mutex> lock(world.mutex);
    auto& seen = world.seen().accepted;
    seen.insert(seen.end(), world.accepted.begin(), world.accepted.end());
    world.accepted.clear();
  }
  ++world.seen().commits;
  return world.point() ? world.crashed(error) : TQP_OK;
}

void rollback(tqp_host_ctx* ctx) {
  World& world = World::of(ctx);
  if (world.at_home("state.rollback")) world.pending.clear();
}

}  // namespace

const tqp_state* state_table() {
  static constexpr tqp_state kTable = {sizeof kTable, 0,          &get,        &put,    &erase,
                                       &scan,         &scan_next, &scan_close, &commit, &rollback};
  return &kTable;
}

}  // namespace tqp::fake
