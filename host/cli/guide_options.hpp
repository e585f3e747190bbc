// SPDX-License-Identifier: Apache-2.0
// GuideOptions: the command line of the connectors that the drop-in names stand for, read as
// Python's argparse read it (CLI11 knows no -ll). Options, help and usage come from one table,
// whose texts are those of the connectors' guides. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tq {

// Which options a name takes.
enum class OptionSet { kEnterpriseEdr, kReputation, kBridge };

struct GuideOptions {
  bool help = false;  // asked for; what stands after it was not read
  std::optional<std::string> log_location, config, name, historical;
  int verbosity = 1;  // 1 warnings, 2 info, 3 everything
  bool external_proxy = false;
  bool no_differential = false;
  std::vector<std::string> words;     // a command and what it takes; only of kBridge
  std::vector<std::string> warnings;  // options that were taken and have no effect, a line each
};

// E_CONFIG says which argument is wrong and what is right.
Result<GuideOptions> parse_guide_options(OptionSet set, const std::vector<std::string>& arguments);

// "usage: PROGRAM [-h] [-c CONFIG] ...", one line.
std::string guide_usage(OptionSet set, std::string_view program);

// What -h prints.
std::string guide_help(OptionSet set, std::string_view program, std::string_view title);

}  // namespace tq
