// SPDX-License-Identifier: Apache-2.0
// Reads the note `.note.tqp` of a plugin file (docs/formats/note.md) without running anything of
// it. Files are hostile input: every offset is checked against the file's size. Functions without
// state; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

constexpr size_t kNoteTextBytesMost = 1 << 20;  // of a manifest, and of a schema

struct PluginNote {
  std::string manifest;  // JSON text
  std::string schema;    // JSON text
};

// `file` is the whole file. E_CONFIG with the reason: not an ELF, other architecture, not a shared
// object, no note, a text that is larger than kNoteTextBytesMost...
Result<PluginNote> read_plugin_note(std::string_view file);

}  // namespace tq
