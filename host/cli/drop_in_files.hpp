// SPDX-License-Identifier: Apache-2.0
// Where a drop-in name finds its configuration and puts its log: what the guides' -c and -ll say,
// a folder or a file each. Asks the file system, changes nothing. Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace tq {

// The instance that -n names: letters in lower case, everything that an instance's name cannot have
// as "-". "CB Prod" is cb-prod. E_CONFIG: nothing is left of it.
Result<std::string> instance_of_name(const std::string& name);

struct ConfigSpot {
  std::filesystem::path folder;
  std::filesystem::path file;       // need not be there
  std::filesystem::path state_dir;  // beside the file
  bool named = false;               // -c named the file itself, not its folder
};

// `given`: of -c; none: the current directory. E_CONFIG: the folder is missing (with the line that
// makes it), or the user may not read and write there.
Result<ConfigSpot> find_config(const std::optional<std::string>& given,
                               const std::string& instance);

// `given`: of -ll. None: the console. E_CONFIG as above.
Result<std::optional<std::filesystem::path>> find_log(const std::optional<std::string>& given,
                                                      const std::string& instance);

// The names of the other instances in the folder, by what lies there: nothing is opened.
std::vector<std::string> other_names(const ConfigSpot& spot);

// What looks like configuration of another program, by name: nothing is opened.
std::vector<std::string> foreign_files(const ConfigSpot& spot);

// E_CONFIG unless the file looks like a host file of ours; says that it was not changed.
Result<void> check_is_ours(const std::filesystem::path& file);

}  // namespace tq
