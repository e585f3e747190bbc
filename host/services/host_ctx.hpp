// SPDX-License-Identifier: Apache-2.0
// tqp_host_ctx: what the function tables of one instance stand on. Made by the worker; outlives the
// plugin's instance.
#pragma once

#include <tqp/plugin.h>

#include <thread>

#include "core/result.hpp"

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

// Copies an error over the boundary; `out` may be null. Returns its status, so that a table can
// `return report(...)`.
tqp_status report(const Error& error, tqp_error* out);
// The same for a call from the wrong thread.
bool is_home(const tqp_host_ctx* ctx);
tqp_status wrong_thread(const char* function, tqp_error* out);

inline std::string_view view(tqp_str text) { return {text.ptr, text.len}; }
inline tqp_str borrow(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace tq
