// SPDX-License-Identifier: Apache-2.0
// A file dropped into the plugin folder: nothing in it may break its reader.
#include <cstdlib>

#include "load/elf_file.hpp"
#include "load/note.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto note = tq::read_plugin_note(file);
  const auto elf = tq::ElfFile::parse(file);
  // No text comes from elsewhere, and no text without a sound file.
  if (note && (!elf || file.find(note->manifest) == std::string_view::npos)) std::abort();
  if (elf) static_cast<void>(elf->functions("tqp_entry_"));
  return 0;
}
