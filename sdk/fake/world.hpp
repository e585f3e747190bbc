// SPDX-License-Identifier: Apache-2.0
// World: what the fake's function tables stand on; the tqp_host_ctx of a fake host. Handles live
// until the instance is destroyed, closed or not, so that a use after close is seen and not
// undefined.
#pragma once

#include <mutex>
#include <thread>

#include "tqp_fake.hpp"

namespace tqp::fake {

struct Handle {
  World* world;
  const char* kind;
  bool open = true;

  Handle(World* in_world, const char* of_kind) : world(in_world), kind(of_kind) {}
  virtual ~Handle() = default;
  virtual void release() = 0;  // frees what it holds; called once, at close
};

}  // namespace tqp::fake

// A series: where its figure is kept. Freed with the instance, when nobody holds it any more.
struct tqp_metric {
  tqp::fake::World* world;
  std::string key;
};

namespace tqp::fake {

struct Settings;  // parsed configuration, schema and manifest

struct World {
  FakeHost* host = nullptr;
  const tqp_plugin* plugin = nullptr;
  tqp_host table{};
  tqp_instance* instance = nullptr;
  tqp_run_info info{};
  std::thread::id home = std::this_thread::get_id();
  std::mutex mutex;  // of what [any] functions touch
  std::vector<std::unique_ptr<Handle>> handles;
  std::map<std::string, std::optional<std::string>> pending;  // the transaction: nullopt erases
  std::vector<RefusedItem> accepted;                          // since the last commit
  std::shared_ptr<const Settings> settings;
  struct Route {
    std::string method;
    std::regex url;
    Respond respond;
    uint64_t left;
  };
  std::vector<Route> routes;
  std::vector<std::unique_ptr<tqp_metric>> metrics;
  size_t retries_told = 0;
  std::optional<std::string> breach;  // how the contract was broken first, in this facet call
  bool in_call = false;               // code of the plugin runs
  uint64_t mono_ms = 1000;
  uint64_t random = 0;

  Setup& setup() { return host->setup; }
  Seen& seen() { return host->seen; }
  bool effects_off() {
    return (setup().flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_REPAIR)) != 0;
  }
  bool commits_off() {
    return (setup().flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_NO_RECORD)) != 0;
  }
  tqp_host_ctx* ctx() { return reinterpret_cast<tqp_host_ctx*>(this); }
  static World& of(tqp_host_ctx* ctx) { return *reinterpret_cast<World*>(ctx); }

  // Of the plugin whose code runs on this thread; null: none does.
  static World* running();

  void violation(const std::string& what);
  // A violation that breaks the contract: the facet call fails with it, whatever it returns.
  void broken(const std::string& what);
  // Nothing is sent or committed any more.
  bool is_broken();
  bool at_home(const char* call);  // else the contract is broken

  // What every fallible [home] call begins with: E_BUG on another thread, E_TRANSIENT after the
  // crash.
  std::optional<tqp_status> refuse(const char* call, tqp_error* error);
  // Counts one poll; true when stop is asked for.
  bool poll();
  // Passes a crash point; true when the host is dead.
  bool point();
  void pass(uint64_t ms);  // moves both clocks

  tqp_status fail(tqp_error* out, const Error& error);
  tqp_status crashed(tqp_error* out);
  tqp_status bug(tqp_error* out, const std::string& what);  // breaks the contract
  tqp_status null_argument(const char* call, tqp_error* out);

  template <typename H>
  H* keep(std::unique_ptr<H> handle) {
    H* const raw = handle.get();
    handles.push_back(std::move(handle));
    return raw;
  }
};

// While code of the plugin runs on this thread.
class Calling {
 public:
  explicit Calling(World& world);
  ~Calling();
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

 private:
  World& world_;
  World* before_;
};

// What a call has to be given. A null pointer is a text only when it is empty.
inline bool given(const void* pointer) { return pointer != nullptr; }
inline bool given(tqp_str text) { return text.ptr != nullptr || text.len == 0; }
inline bool given(tqp_sink sink) { return sink.put != nullptr; }
template <typename... Arguments>
bool all_given(const Arguments&... arguments) {
  return (given(arguments) && ...);
}

// The handle behind what the plugin holds; null after a violation (closed, or another thread).
template <typename H, typename Opaque>
H* handle_of(Opaque* opaque, const char* call) {
  auto* const handle = reinterpret_cast<H*>(const_cast<std::remove_const_t<Opaque>*>(opaque));
  if (handle == nullptr) return nullptr;
  if (!handle->open) {
    handle->world->broken(std::string(call) + ": the " + handle->kind + " is closed");
    return nullptr;
  }
  return handle->world->at_home(call) ? handle : nullptr;
}

// For calls that need one: a null handle breaks the contract.
template <typename H, typename Opaque>
H* needed_handle(Opaque* opaque, const char* call) {
  if (opaque == nullptr && World::running() != nullptr)
    World::running()->broken(std::string(call) + ": the handle is null");
  return handle_of<H>(opaque, call);
}

template <typename H, typename Opaque>
void close_handle(Opaque* opaque, const char* call) {
  if (opaque == nullptr) return;
  if (H* const handle = handle_of<H>(opaque, call)) {
    handle->open = false;
    handle->release();
  }
}

tqp_status put_text(tqp_sink out, std::string_view text);

// Threads of this process that a facet call has left: their names. One that is just ending is
// waited for a moment.
std::set<int> threads_now();
std::vector<std::string> threads_left(const std::set<int>& before);

// Settings of an instance; settings.cpp.
std::shared_ptr<const Settings> read_settings(World& world);
std::vector<std::string> required_services(const tqp_plugin* plugin);
// Empty, or why a request to `url` with this auth entry is not granted by the manifest.
std::optional<Error> refused_by_manifest(World& world, const Sent& request);

bool same_letters(std::string_view a, std::string_view b);  // in any case
// The answer that ends a request's redirects, each asked for with `ask`; redirect.cpp.
Answer at_the_end(World& world, Sent request, Answer (*ask)(World&, const Sent&));

const tqp_log* log_table();
const tqp_run* run_table();
const tqp_config* config_table();
const tqp_state* state_table();
const tqp_http* http_table();
const tqp_threatq* threatq_table();
const tqp_metrics* metrics_table();

}  // namespace tqp::fake
