// SPDX-License-Identifier: Apache-2.0
// A person's word to an instance, as it comes over the control socket. Pure functions; any thread.
#pragma once

#include <string>

#include "core/json.hpp"
#include "schedule/lifecycle.hpp"

namespace tq {

// Members: "full", "adopt", "dry_run" of trigger, "for_ms" of pause, which is at most a year.
LifeEvent event_of(LifeEvent::Kind kind, const Json& request);

// " --full --dry-run", for the log.
std::string options_of(const LifeEvent& event);

}  // namespace tq
