// SPDX-License-Identifier: Apache-2.0
// Where things of an instance live: the one place that knows. Pure functions.
#pragma once

#include <filesystem>
#include <string>

#include "schema/config.hpp"

namespace tq {

inline std::filesystem::path instance_folder(const HostConfig& config,
                                             const std::string& instance) {
  return config.state_dir / instance;
}
inline std::filesystem::path state_file(const HostConfig& config, const std::string& instance) {
  return instance_folder(config, instance) / "state.db";
}
inline std::filesystem::path run_record_file(const HostConfig& config,
                                             const std::string& instance) {
  return instance_folder(config, instance) / "run.json";
}
inline std::filesystem::path run_record_file(const std::filesystem::path& instance_folder) {
  return instance_folder / "run.json";
}
// The plugin's own figures (docs/formats/metrics.md).
inline std::filesystem::path metrics_file(const HostConfig& config, const std::string& instance) {
  return instance_folder(config, instance) / "metrics.json";
}
// What verifications found (docs/formats/verify.md).
inline std::filesystem::path verify_record_file(const std::filesystem::path& instance_folder) {
  return instance_folder / "verify.json";
}
// The supervisor's own, beside it.
inline std::filesystem::path instance_record_file(const std::filesystem::path& instance_folder) {
  return instance_folder / "instance.json";
}
// Held by the one supervisor of a state folder; its pid stands in it.
inline std::filesystem::path supervisor_lock_file(const std::filesystem::path& state_dir) {
  return state_dir / "supervisor.lock";
}
inline std::filesystem::path log_file(const HostConfig& config, const std::string& instance) {
  return config.log_file.empty() ? config.log_dir / (instance + ".log") : config.log_file;
}
// The last good values of the form in ThreatQ's UI, sealed.
inline std::filesystem::path form_file(const HostConfig& config, const std::string& instance) {
  return instance_folder(config, instance) / "form.sealed";
}
// Shared by all instances: what was promised to each origin.
inline std::filesystem::path rate_folder(const HostConfig& config) {
  return config.state_dir / "rate";
}

}  // namespace tq
