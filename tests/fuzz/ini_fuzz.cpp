// SPDX-License-Identifier: Apache-2.0
// An INI file that was taken is the same when its entries are written out and read again, and what
// the bridge makes of it is JSON.
#include "schema/ini.hpp"

#include <cstdlib>

#include "core/text.hpp"
#include "schema/bridge_ini.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bridge = tq::parse_bridge_ini(text, "f");
  const auto entries = tq::parse_ini(text, "f");
  if (!entries) {
    if (bridge || entries.error().message.substr(0, 2) != "f:") std::abort();
    return 0;
  }
  if (bridge && !tq::parse_json(tq::dump_json(bridge->config), "f")) std::abort();
  std::string written;
  for (const tq::IniEntry& entry : *entries) {
    if (entry.line == 0 || tq::trim(entry.value) != entry.value) std::abort();
    written += "[" + entry.section + "]\n" + entry.key + " = ";
    for (const char c : entry.value) written += c == '\n' ? std::string("\n ") : std::string(1, c);
    written += "\n";
  }
  const auto again = tq::parse_ini(written, "f");
  if (!again || again->size() != entries->size()) std::abort();
  for (size_t i = 0; i < entries->size(); ++i)
    if ((*again)[i].section != (*entries)[i].section || (*again)[i].key != (*entries)[i].key ||
        (*again)[i].value != (*entries)[i].value)
      std::abort();
  return 0;
}
