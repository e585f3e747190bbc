// SPDX-License-Identifier: Apache-2.0
// tqp_host_ctx: what the function tables of one instance stand on. Made by the worker; outlives the
// plugin's instance.
#pragma once

#include <tqp/plugin.h>

#include <thread>

#include "core/result.hpp"
#include "services/contract_breach.hpp"

namespace tq {
class LogService;
class RunService;
class ConfigService;
class StateService;
class HttpService;
class ThreatqService;
class MetricsService;
}  // namespace tq

struct tqp_host_ctx {
  std::thread::id home;  // the instance's home thread; [home] functions refuse others with E_BUG
  tq::LogService* log = nullptr;
  tq::RunService* run = nullptr;
  tq::ConfigService* config = nullptr;
  tq::StateService* state = nullptr;
  tq::HttpService* http = nullptr;
  tq::ThreatqService* threatq =
      nullptr;  // null: the instance has no ThreatQ; the table is then not offered
  tq::MetricsService* metrics = nullptr;
  mutable tq::ContractBreach breach{};  // handles hold a context that they do not change
};

namespace tq {

// The one table of each service; they find their service through the context.
const tqp_log* log_table();
const tqp_run* run_table();
const tqp_config* config_table();
const tqp_state* state_table();
const tqp_http* http_table();
const tqp_threatq* threatq_table();
const tqp_metrics* metrics_table();

// The context of this thread's instance while it lives: for calls whose handle is null or not open,
// and so names none. The newest one of a thread counts.
class HomeContext {
 public:
  explicit HomeContext(const tqp_host_ctx* ctx);
  ~HomeContext();
  HomeContext(const HomeContext&) = delete;
  HomeContext& operator=(const HomeContext&) = delete;

  static const tqp_host_ctx* of_thread();  // null: this is no home thread

 private:
  const tqp_host_ctx* before_;
};

// Copies an error over the boundary; `out` may be null. Returns its status, so that a table can
// `return report(...)`. An E_BUG is the plugin's: it is noted as a breach of the contract.
tqp_status report(const tqp_host_ctx* ctx, const Error& error, tqp_error* out);
// The same, for an E_BUG that is an answer: the plugin may ask in another way.
tqp_status answer(const Error& error, tqp_error* out);

bool is_home(const tqp_host_ctx* ctx);

inline std::string_view view(tqp_str text) { return {text.ptr, text.len}; }
inline tqp_str borrow(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace tq
