// SPDX-License-Identifier: Apache-2.0
#include "load/note.hpp"

#include <gmock/gmock.h>

#include <cstddef>
#include <fstream>
#include <sstream>

#include "core/file.hpp"
#include "load/elf_file.hpp"
#include "unit/load/elf_bytes.hpp"

namespace tq {
namespace {

using elf_bytes::library;
using elf_bytes::note;
using elf_bytes::write_at;
using testing::ElementsAre;
using testing::HasSubstr;

std::string file_bytes(const char* path) { return read_file(path, 64 << 20).take(); }

// Why it is refused; "accepted" when it is not.
std::string reason(const std::string& file) {
  const auto result = read_plugin_note(file);
  return result ? "accepted" : result.error().message;
}

const std::string kGood = note("tqp", 1, "{}") + note("tqp", 2, "{\"a\": 1}");

TEST(Note, IsReadFromAPluginAsItWasBuilt) {
  const auto read = read_plugin_note(file_bytes(TINY_SO));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->manifest, file_bytes(TINY_MANIFEST));
  EXPECT_EQ(read->schema, file_bytes(TINY_SCHEMA));
}

TEST(Note, IsReadFromAStrippedPlugin) {
  const auto read = read_plugin_note(file_bytes(TINY_STRIPPED_SO));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->schema, file_bytes(TINY_SCHEMA));
  const std::string bytes = file_bytes(TINY_STRIPPED_SO);
  EXPECT_THAT(*ElfFile::parse(bytes)->functions("tqp_entry_"), ElementsAre("tqp_entry_1"));
}

TEST(Note, IsFoundAmongOthersAndInSeveralSegments) {
  const auto read = read_plugin_note(
      library({{note("GNU", 3, "build id") + note("tqp", 2, "schema") + note("tqp", 9, "later")},
               {note("", 1, "") + note("tqp", 1, "manifest")}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->manifest, "manifest");
  EXPECT_EQ(read->schema, "schema");
}

TEST(Note, AlignmentOfEightMovesTheText) {
  const auto read = read_plugin_note(
      library({{note("tqp", 1, "manifest!", 8) + note("tqp", 2, "schema", 8), 8}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->manifest, "manifest!");
  EXPECT_EQ(read->schema, "schema");
}

TEST(Note, OtherKindsOfFileAreNamed) {
  EXPECT_EQ(reason(""), "not an ELF file");
  EXPECT_EQ(reason("#!/bin/sh\nexit 0\n"), "not an ELF file");
  EXPECT_THAT(reason("\x7f"
                     "ELF"),
              HasSubstr("it ends in its header"));

  std::string file = library({{kGood}});
  ASSERT_EQ(reason(file), "accepted");
  file[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(reason(file), HasSubstr("not a 64-bit ELF file"));
  file = library({{kGood}});
  file[EI_DATA] = ELFDATA2MSB;
  EXPECT_THAT(reason(file), HasSubstr("the other byte order"));
  file = library({{kGood}});
  write_at(&file, offsetof(Elf64_Ehdr, e_machine), uint16_t{EM_PPC64});
  EXPECT_THAT(reason(file), HasSubstr("built for ppc64, this host is "));
  write_at(&file, offsetof(Elf64_Ehdr, e_machine), uint16_t{4711});
  EXPECT_THAT(reason(file), HasSubstr("built for machine 4711"));
  file = library({{kGood}});
  write_at(&file, offsetof(Elf64_Ehdr, e_type), uint16_t{ET_EXEC});
  EXPECT_THAT(reason(file), HasSubstr("not a shared library but an executable"));
}

TEST(Note, MissingOrDoubledTextsAreNamed) {
  EXPECT_EQ(reason(library({})), "no note .note.tqp: not a tqhost plugin");
  EXPECT_EQ(reason(library({{note("GNU", 1, "x")}})), "no note .note.tqp: not a tqhost plugin");
  EXPECT_EQ(reason(library({{note("tqp", 1, "x")}})), "its note has no schema");
  EXPECT_EQ(reason(library({{note("tqp", 2, "x")}})), "its note has no manifest");
  EXPECT_THAT(reason(library({{kGood}, {note("tqp", 1, "x")}})), HasSubstr("two texts"));
  EXPECT_THAT(reason(library({{kGood + note("tqp", 2, "x")}})), HasSubstr("kind schema"));
}

TEST(Note, TextsHaveABoundThatIsChecked) {
  const std::string most(kNoteTextBytesMost, 'x');
  EXPECT_EQ(reason(library({{note("tqp", 1, most) + note("tqp", 2, most)}})), "accepted");
  EXPECT_EQ(reason(library({{note("tqp", 1, most + "x")}})),
            "its manifest has 1048577 bytes, the bound is 1048576");
  EXPECT_EQ(reason(library({{note("tqp", 1, "x") + note("tqp", 2, most + most)}})),
            "its schema has 2097152 bytes, the bound is 1048576");
}

TEST(Note, ManyNotesAreRefused) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += note("GNU", 1, "");
  EXPECT_EQ(reason(library({{many}})), "a segment of more than 1024 notes");
}

TEST(Note, LengthsThatLeaveTheSegmentAreRefused) {
  const size_t at = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  for (const uint32_t length : {9u, 0x1000u, 0xffffffffu, 0xfffffff0u}) {
    std::string file = library({{note("tqp", 1, "12345678")}});
    write_at(&file, at + offsetof(Elf64_Nhdr, n_descsz), length);
    EXPECT_THAT(reason(file), HasSubstr("runs past the end of its segment")) << length;
    file = library({{note("tqp", 1, "12345678")}});
    write_at(&file, at + offsetof(Elf64_Nhdr, n_namesz), length + 8);
    EXPECT_NE(reason(file), "accepted") << length;
  }
  EXPECT_THAT(reason(library({{kGood + "12345678"}})), HasSubstr("its last note is cut"));
}

TEST(Note, SegmentsThatLeaveTheFileOrOverlapAreRefused) {
  const size_t program = sizeof(Elf64_Ehdr);
  std::string file = library({{kGood}});
  write_at(&file, program + offsetof(Elf64_Phdr, p_offset), uint64_t{~0ULL});
  EXPECT_THAT(reason(file), HasSubstr("it ends before its segment 0 does"));
  file = library({{kGood}});
  write_at(&file, program + offsetof(Elf64_Phdr, p_filesz), uint64_t{~0ULL});
  EXPECT_THAT(reason(file), HasSubstr("it ends before its segment 0 does"));
  file = library({{kGood}});
  write_at(&file, offsetof(Elf64_Ehdr, e_phoff), uint64_t{~0ULL - 8});
  EXPECT_THAT(reason(file), HasSubstr("it ends before its program headers"));
  file = library({{kGood}});
  write_at(&file, offsetof(Elf64_Ehdr, e_phentsize), uint16_t{32});
  EXPECT_THAT(reason(file), HasSubstr("unknown form"));
  EXPECT_THAT(reason(library({{kGood, 3}})), HasSubstr("notes aligned to 3"));

  file = library({{kGood}, {note("GNU", 1, "x")}});
  const size_t second = program + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_offset);
  write_at(&file, second, elf_bytes::read_at<uint64_t>(file, second) - 8);
  EXPECT_THAT(reason(file), HasSubstr("two of its note segments overlap"));
}

TEST(Note, SectionTableThatLeavesTheFileMeansACut) {
  const size_t table = offsetof(Elf64_Ehdr, e_shoff), count = offsetof(Elf64_Ehdr, e_shnum);
  std::string file = library({{kGood}});
  for (const uint64_t offset : {uint64_t{file.size()} + 1, ~uint64_t{0}}) {
    write_at(&file, table, offset);
    EXPECT_THAT(reason(file), HasSubstr("it ends before its section table does")) << offset;
  }
  write_at(&file, table, uint64_t{file.size() - 64});
  write_at(&file, offsetof(Elf64_Ehdr, e_shentsize), uint16_t{64});
  write_at(&file, count, uint16_t{1});
  EXPECT_EQ(reason(file), "accepted");
  for (const uint16_t sections : {uint16_t{2}, uint16_t{0xffff}}) {
    write_at(&file, count, sections);
    EXPECT_THAT(reason(file), HasSubstr("it ends before its section table does")) << sections;
  }
}

// What no reader may do, whatever the bytes are, is crash; the sanitizers look at the rest.
void read_everything(std::string_view file) {
  static_cast<void>(read_plugin_note(file));
  if (const auto elf = ElfFile::parse(file)) static_cast<void>(elf->functions("tqp_entry_"));
}

TEST(Note, NoChangedByteOfTheHeadersCrashesTheReader) {
  const std::string good = file_bytes(TINY_STRIPPED_SO);
  for (size_t at = 0; at < 1024; ++at)
    for (const int mask : {0x01, 0x10, 0x80, 0xff}) {
      std::string file = good;
      file[at] = static_cast<char>(file[at] ^ mask);
      read_everything(file);
    }
}

TEST(Note, NoLengthOfTheFileCrashesTheReader) {
  const std::string good = file_bytes(TINY_STRIPPED_SO);
  for (size_t length = 0; length < good.size(); length += length < 2048 ? 1 : 61) {
    // A copy of exactly that length, so that a read behind its end is seen.
    const std::string cut = good.substr(0, length);
    read_everything(cut);
  }
}

TEST(Note, NoCutPluginIsAccepted) {
  for (const char* const path : {TINY_SO, TINY_STRIPPED_SO}) {
    const std::string good = file_bytes(path);
    for (size_t missing = 1; missing < good.size(); missing += missing < 256 ? 1 : 4093)
      EXPECT_NE(reason(good.substr(0, good.size() - missing)), "accepted") << missing << path;
  }
}

TEST(Note, NoChangedSymbolTableCrashesTheReader) {
  const std::string good = file_bytes(TINY_STRIPPED_SO);
  const size_t name = good.find("tqp_entry_1");
  ASSERT_NE(name, std::string::npos);
  // The dynamic symbols, their names and hashes lie around the name.
  for (size_t at = name < 2048 ? 0 : name - 2048; at < std::min(good.size(), name + 2048); ++at) {
    std::string file = good;
    file[at] = static_cast<char>(0xff);
    read_everything(file);
  }
}

}  // namespace
}  // namespace tq
