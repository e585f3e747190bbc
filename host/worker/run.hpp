// SPDX-License-Identifier: Apache-2.0
// One call of a plugin's facet, and what came of it in words. Home thread.
#pragma once

#include <tqp/plugin.h>

#include <functional>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "services/run_service.hpp"
#include "worker/assignment.hpp"

namespace tq {

struct FacetCall {
  Purpose purpose = Purpose::kRun;
  bool listen = false;                     // of Purpose::kRun: the listener's facet
  std::string value{}, type{};             // of Purpose::kExplain
  std::string* text = nullptr;             // where its answer goes
  const tqp_findings* findings = nullptr;  // of Purpose::kVerify: where it tells what it finds
  const Cancel* cancel = nullptr;          // whether somebody asked it to stop; null: nobody
  std::function<void()> created{};         // called once the plugin has its instance; may be null
};

// Creates the plugin's instance, calls the facet, destroys the instance. After a failed create
// nothing more is called.
Result<void> call_facet(const tqp_plugin& plugin, const tqp_host* host, const FacetCall& call);

// The facet that a purpose needs: "tqp.job/1" and so on.
const char* facet_of(Purpose purpose, bool listen = false);

// A plugin's status as the host takes it: what it does not know counts by its range.
Status status_from(tqp_status raw);

// "1,234,567"
std::string grouped(uint64_t number);

// "1,500 read, 1,203 sent, 297 skipped (type URL 120, too short 177)"; "nothing to do" without
// counts.
std::string counts_note(const RunCounts& counts);

}  // namespace tq
