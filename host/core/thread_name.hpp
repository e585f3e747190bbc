// SPDX-License-Identifier: Apache-2.0
// How the host's own threads are told from those of a plugin. A constant; any thread.
#pragma once

namespace tq {

// As /proc shows every thread that Thread::start() makes: others are not the host's.
constexpr const char* kThreadName = "tqhost-own";

}  // namespace tq
