// SPDX-License-Identifier: Apache-2.0
// The help of the drop-in names, laid out as Python's argparse laid it out.
#include <sstream>

#include "cli/guide_options.hpp"
#include "cli/guide_table.hpp"

namespace tq {
namespace {

constexpr size_t kColumns = 78;
constexpr size_t kTextColumn = 24;

bool offered(const GuideUse& use) { return use.use == Use::kTaken || use.use == Use::kNoEffect; }

// "-c CONFIG, --config CONFIG"
std::string spelling(const GuideRow& row) {
  const std::string value = row.metavar.empty() ? "" : " " + std::string(row.metavar);
  return std::string(row.short_name) + value + ", " + std::string(row.long_name) + value;
}

// The text in its column, beside the term when that leaves it room.
std::string entry(std::string_view term, std::string_view text) {
  std::string line = "  " + std::string(term);
  std::string out;
  if (line.size() + 2 > kTextColumn) {
    out = line + "\n";
    line.clear();
  }
  line.resize(kTextColumn, ' ');
  bool begun = false;  // whether the line holds a word of the text
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word; begun = true) {
    if (begun && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line.assign(kTextColumn, ' ');
      begun = false;
    }
    line += (begun ? " " : "") + word;
  }
  return out + line + "\n";
}

}  // namespace

std::string guide_usage(OptionSet set, std::string_view program) {
  std::string out = "usage: " + std::string(program);
  for (const GuideRow& row : guide_rows()) {
    if (!offered(row.of(set))) continue;
    out += " [" + std::string(row.short_name);
    if (!row.metavar.empty()) out += " " + std::string(row.metavar);
    out += "]";
  }
  if (set == OptionSet::kBridge) {
    std::string commands;
    for (const GuideCommand& command : bridge_commands())
      commands += (commands.empty() ? "" : " | ") + std::string(command.usage);
    out += " {" + commands + "}";
  }
  return out;
}

std::string guide_help(OptionSet set, std::string_view program, std::string_view title) {
  std::string out = guide_usage(set, program) + "\n\n" + std::string(title) + "\n\n";
  if (set == OptionSet::kBridge) {
    out += "commands:\n";
    for (const GuideCommand& command : bridge_commands()) out += entry(command.usage, command.text);
    out += "\n";
  }
  out += "optional arguments:\n";
  for (const GuideRow& row : guide_rows())
    if (offered(row.of(set))) out += entry(spelling(row), row.of(set).text);
  out += "\nexample: " + std::string(program) +
         (set == OptionSet::kBridge ? " write /tmp/threatconnect.json"
                                    : " -c /etc/tq_labs/ -ll /var/log/tq_labs/ -v3") +
         "\n";
  return out;
}

}  // namespace tq
