// SPDX-License-Identifier: Apache-2.0
#include "load/note.hpp"

#include "load/elf_file.hpp"

namespace tq {
namespace {

constexpr std::string_view kOwner = "tqp";
constexpr uint32_t kManifestType = 1, kSchemaType = 2;

// By the length in the note's header, before anything of the text is copied or parsed: parsing
// takes twenty times its size.
Result<void> check_size(const ElfNote& note) {
  if (note.text.size() <= kNoteTextBytesMost) return {};
  return Error{Status::kConfig, std::string("its ") +
                                    (note.type == kManifestType ? "manifest" : "schema") + " has " +
                                    std::to_string(note.text.size()) + " bytes, the bound is " +
                                    std::to_string(kNoteTextBytesMost)};
}

}  // namespace

Result<PluginNote> read_plugin_note(std::string_view file) {
  TQ_ASSIGN(const ElfFile elf, ElfFile::parse(file));
  TQ_ASSIGN(const auto notes, elf.notes());
  const ElfNote* manifest = nullptr;
  const ElfNote* schema = nullptr;
  for (const ElfNote& note : notes) {
    if (note.owner != kOwner || (note.type != kManifestType && note.type != kSchemaType)) continue;
    TQ_TRY(check_size(note));
    const ElfNote*& slot = note.type == kManifestType ? manifest : schema;
    if (slot != nullptr)
      return Error{Status::kConfig, std::string("its note has two texts of the kind ") +
                                        (note.type == kManifestType ? "manifest" : "schema")};
    slot = &note;
  }
  if (manifest == nullptr && schema == nullptr)
    return Error{Status::kConfig, "no note .note.tqp: not a tqhost plugin"};
  if (manifest == nullptr) return Error{Status::kConfig, "its note has no manifest"};
  if (schema == nullptr) return Error{Status::kConfig, "its note has no schema"};
  return PluginNote{std::string(manifest->text), std::string(schema->text)};
}

}  // namespace tq
