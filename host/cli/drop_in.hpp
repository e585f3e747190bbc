// SPDX-License-Identifier: Apache-2.0
// DropIn: a name under which the executable answers as the connector that it replaces, with that
// connector's options, files and exit statuses. A constant table; any thread.
#pragma once

#include <span>
#include <string_view>

#include "cli/guide_options.hpp"

namespace tq {

struct DropIn {
  std::string_view program;           // as it is called
  std::string_view plugin;            // id
  std::string_view default_instance;  // its name when -n gives none; the same in the manifest
  std::string_view title;             // of the guide
  OptionSet options;
};

// The names that scripts/setup --links makes.
std::span<const DropIn> drop_ins();

// Null: no such name. `program_name`: without folders.
const DropIn* find_drop_in(std::string_view program_name);

}  // namespace tq
