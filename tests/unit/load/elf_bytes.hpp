// SPDX-License-Identifier: Apache-2.0
// Makes and changes ELF files in memory, for tests. Functions without state.
#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

namespace elf_bytes {

inline size_t round_up(size_t value, size_t align) { return (value + align - 1) / align * align; }

template <typename T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// One note, padded as a segment of that alignment has it.
inline std::string note(std::string owner, uint32_t type, const std::string& text,
                        size_t align = 4) {
  owner += '\0';
  const Elf64_Nhdr header{static_cast<Elf64_Word>(owner.size()),
                          static_cast<Elf64_Word>(text.size()), type};
  std::string out = raw(header) + owner;
  out.resize(round_up(out.size(), align));
  out += text;
  out.resize(round_up(out.size(), align));
  return out;
}

struct Segment {
  std::string bytes;
  size_t align = 4;
};

inline Elf64_Ehdr own_header() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
#if defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  return header;
}

// A shared library that has these note segments and nothing else.
inline std::string library(const std::vector<Segment>& notes) {
  Elf64_Ehdr header = own_header();
  header.e_phnum = static_cast<Elf64_Half>(notes.size());
  std::string out = raw(header);
  size_t offset = sizeof header + notes.size() * sizeof(Elf64_Phdr);
  for (const Segment& segment : notes) {
    Elf64_Phdr program{};
    program.p_type = PT_NOTE;
    program.p_offset = offset;
    program.p_filesz = program.p_memsz = segment.bytes.size();
    program.p_align = segment.align;
    out += raw(program);
    offset += segment.bytes.size();
  }
  for (const Segment& segment : notes) out += segment.bytes;
  return out;
}

template <typename T>
T read_at(const std::string& file, size_t offset) {
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

template <typename T>
void write_at(std::string* file, size_t offset, const T& value) {
  std::memcpy(file->data() + offset, &value, sizeof value);
}

// Every occurrence, by a text of the same length: no offset moves.
inline std::string replaced(std::string file, const std::string& from, const std::string& to) {
  for (size_t at = file.find(from); at != std::string::npos; at = file.find(from, at + to.size()))
    file.replace(at, from.size(), to);
  return file;
}

}  // namespace elf_bytes
