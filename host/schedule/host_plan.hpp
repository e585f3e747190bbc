// SPDX-License-Identifier: Apache-2.0
// HostPlan: what the supervisor keeps of the configuration: little for each instance, and nothing
// that is secret. Whether an instance's settings changed is told by a digest of them. Values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schedule/schedule.hpp"
#include "schema/config.hpp"

namespace tq {

struct InstancePlan {
  std::string name, plugin;
  bool enabled = true;
  std::string schedule;  // as written; empty: the plugin's own
  VerifyEvery verify = VerifyEvery::kWeek;
  std::string digest;  // of everything that its worker goes by
};

struct HostPlan {
  std::filesystem::path file;  // the host file; empty: none
  std::filesystem::path plugins_dir, state_dir, log_dir;
  uint64_t log_max_size_mb = 10;
  uint32_t log_keep = 10;
  uint64_t run_minutes = 120, memory_mb = 1024, deaths = 5, deaths_window_minutes = 10;
  std::vector<InstancePlan> instances;
  std::vector<std::string> warnings;
};

// When each secret at rest was set, by name: an instance whose secret was set anew has other
// settings, though the configuration says the same.
using SecretTimes = std::map<std::string, std::string>;

HostPlan host_plan(const HostConfig& config, const SecretTimes& secrets);

}  // namespace tq
