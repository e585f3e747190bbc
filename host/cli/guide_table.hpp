// SPDX-License-Identifier: Apache-2.0
// The table of the guides' options: spelling, what they take, and for each set of names whether the
// option is taken and what its guide says of it. Read by the parser and by the help.
#pragma once

#include <span>
#include <string_view>

#include "cli/guide_options.hpp"

namespace tq {

enum class GuideOption {
  kHelp,
  kLogLocation,
  kConfig,
  kVerbosity,
  kExternalProxy,
  kName,
  kNoDifferential,
  kHistorical
};

enum class Use {
  kUnknown,   // no such option under these names
  kTaken,     // text: its help
  kNoEffect,  // taken with a warning, for command lines that have it; text: its help
  kRefused,   // text: why
};

struct GuideUse {
  Use use = Use::kUnknown;
  std::string_view text{};
};

struct GuideRow {
  GuideOption option;
  std::string_view short_name, long_name;
  std::string_view metavar;  // empty: it takes no value
  GuideUse edr, reputation, bridge;

  const GuideUse& of(OptionSet set) const {
    return set == OptionSet::kEnterpriseEdr ? edr
           : set == OptionSet::kReputation  ? reputation
                                            : bridge;
  }
};

std::span<const GuideRow> guide_rows();

// A command of the bridge names.
struct GuideCommand {
  std::string_view usage;  // "write FILE"
  std::string_view text;
};
std::span<const GuideCommand> bridge_commands();

}  // namespace tq
