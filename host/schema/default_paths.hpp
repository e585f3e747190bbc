// SPDX-License-Identifier: Apache-2.0
// Where things are when nobody says so. Any thread.
#pragma once

#include <filesystem>

#include "schema/config.hpp"

namespace tq {

// Empty members: not root, and neither HOME nor the XDG variable is set.
struct DefaultPaths {
  std::filesystem::path file, plugins_dir, state_dir;
};

// Root has the system's folders, everybody else the XDG ones of `environment`.
DefaultPaths default_paths(const Environment& environment, bool root);

// PREFIX/lib/tqhost/plugins for an executable in PREFIX/bin, when that folder is there and the
// usual one is not: everything may stand below one folder.
void prefer_own_prefix(const std::filesystem::path& executable, DefaultPaths* paths);

// Those of this process: its user and its executable.
DefaultPaths own_default_paths(const Environment& environment);

// load_host_config() with other defaults than those of this process.
Result<HostConfig> load_host_config(const ConfigSources& sources, const DefaultPaths& defaults);

}  // namespace tq
