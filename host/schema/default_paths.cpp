// SPDX-License-Identifier: Apache-2.0
#include "schema/default_paths.hpp"

#include <unistd.h>

#include "core/file.hpp"

namespace tq {
namespace {

std::filesystem::path xdg_folder(const Environment& environment, const char* variable,
                                 const char* below_home) {
  const auto text = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  // By the XDG specification, relative paths are ignored.
  if (const std::string folder = text(variable); !folder.empty() && folder.front() == '/')
    return std::filesystem::path(folder) / "tqhost";
  const std::string home = text("HOME");
  return home.empty() ? std::filesystem::path()
                      : std::filesystem::path(home) / below_home / "tqhost";
}

}  // namespace

DefaultPaths default_paths(const Environment& environment, bool root) {
  if (root) return {"/etc/tqhost/tqhost.json", "/usr/lib/tqhost/plugins", "/var/lib/tqhost"};
  const auto config = xdg_folder(environment, "XDG_CONFIG_HOME", ".config");
  const auto data = xdg_folder(environment, "XDG_DATA_HOME", ".local/share");
  DefaultPaths out;
  if (!config.empty()) out.file = config / "tqhost.json";
  if (!data.empty()) out.plugins_dir = data / "plugins";
  out.state_dir = xdg_folder(environment, "XDG_STATE_HOME", ".local/state");
  return out;
}

void prefer_own_prefix(const std::filesystem::path& executable, DefaultPaths* paths) {
  std::error_code error;
  const auto own = executable.parent_path().parent_path() / "lib" / "tqhost" / "plugins";
  if (!std::filesystem::is_directory(paths->plugins_dir, error) &&
      std::filesystem::is_directory(own, error))
    paths->plugins_dir = own;
}

DefaultPaths own_default_paths(const Environment& environment) {
  DefaultPaths paths = default_paths(environment, ::geteuid() == 0);
  prefer_own_prefix(own_program(), &paths);
  return paths;
}

}  // namespace tq
