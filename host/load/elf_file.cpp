// SPDX-License-Identifier: Apache-2.0
#include "load/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace tq {
namespace {

constexpr size_t kNameBytesMost = 256;
constexpr size_t kFunctionsMost = 64;

static_assert(std::endian::native == std::endian::little ||
              std::endian::native == std::endian::big);
constexpr unsigned char kOwnByteOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

#if defined(__x86_64__)
constexpr uint16_t kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kOwnMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr uint16_t kOwnMachine = EM_RISCV;
#else
#error "name this machine's number in elf.h"
#endif

std::string machine_name(uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv64";
    case EM_PPC64:
      return "ppc64";
    case EM_386:
      return "x86";
    case EM_ARM:
      return "arm";
    default:
      return "machine " + std::to_string(machine);
  }
}

std::string type_name(uint16_t type) {
  switch (type) {
    case ET_REL:
      return "an object file";
    case ET_EXEC:
      return "an executable";
    case ET_CORE:
      return "a core file";
    default:
      return "ELF type " + std::to_string(type);
  }
}

constexpr uint16_t kSegmentsMost = 256;  // a linker makes about ten
constexpr size_t kNotesMost = 1024;      // likewise

Error refuse(std::string reason) { return {Status::kConfig, std::move(reason)}; }

// The T at `offset`, in this machine's byte order, or nothing when the bytes end before it does.
template <typename T>
std::optional<T> read_at(std::string_view bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// REQUIRES: `align` is a power of two, `value` far from the end of its range.
uint64_t round_up(uint64_t value, uint64_t align) { return (value + align - 1) & ~(align - 1); }

Result<void> check_identity(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64)
    return refuse("not a 64-bit ELF file, this host is " + machine_name(kOwnMachine));
  if (header.e_ident[EI_DATA] != kOwnByteOrder)
    return refuse("built for a machine of the other byte order, this host is " +
                  machine_name(kOwnMachine));
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
    return refuse("an unknown version of ELF");
  if (header.e_machine != kOwnMachine)
    return refuse("built for " + machine_name(header.e_machine) + ", this host is " +
                  machine_name(kOwnMachine));
  if (header.e_type != ET_DYN)
    return refuse("not a shared library but " + type_name(header.e_type));
  return {};
}

// The section table is what a linker writes last, at the end: where it is missing, the file was
// cut, even though everything that the loader needs may be there. The loader does not look at it,
// and a file that has none is as good.
Result<void> check_end(const Elf64_Ehdr& header, std::string_view bytes) {
  const uint64_t size = uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff == 0) return {};
  if (header.e_shoff > bytes.size() || size > bytes.size() - header.e_shoff)
    return refuse("a cut ELF file: it ends before its section table does");
  return {};
}

Result<std::vector<ElfNote>> notes_of(std::string_view bytes, uint64_t align) {
  std::vector<ElfNote> notes;
  uint64_t at = 0;
  while (at < bytes.size()) {
    const auto header = read_at<Elf64_Nhdr>(bytes, at);
    if (!header) return refuse("its last note is cut");
    // 32-bit lengths added up in 64 bits: nothing here can wrap.
    const uint64_t owner = at + sizeof *header;
    const uint64_t text = at + round_up(sizeof *header + uint64_t{header->n_namesz}, align);
    const uint64_t end = text + header->n_descsz;
    if (owner + header->n_namesz > bytes.size() || end > bytes.size())
      return refuse("a note runs past the end of its segment");
    std::string_view name = bytes.substr(owner, header->n_namesz);
    if (!name.empty() && name.back() == '\0') name.remove_suffix(1);
    if (notes.size() == kNotesMost)
      return refuse("a segment of more than " + std::to_string(kNotesMost) + " notes");
    notes.push_back({name, header->n_type, bytes.substr(text, header->n_descsz)});
    at += round_up(end - at, align);
  }
  return notes;
}

// How many dynamic symbols there are, which only the hash tables tell.
std::optional<uint64_t> count_by_hash(std::string_view table) {
  return read_at<uint32_t>(table, sizeof(uint32_t));  // nchain
}

std::optional<uint64_t> count_by_gnu_hash(std::string_view table) {
  const auto buckets = read_at<uint32_t>(table, 0), first = read_at<uint32_t>(table, 4),
             bloom_words = read_at<uint32_t>(table, 8);
  if (!buckets || !first || !bloom_words) return std::nullopt;
  const uint64_t bucket_at = 16 + uint64_t{*bloom_words} * sizeof(uint64_t);
  const uint64_t chain_at = bucket_at + uint64_t{*buckets} * sizeof(uint32_t);
  if (chain_at > table.size()) return std::nullopt;
  uint32_t last = 0;
  for (uint64_t i = 0; i < *buckets; ++i)
    last = std::max(last, *read_at<uint32_t>(table, bucket_at + i * sizeof(uint32_t)));
  if (last < *first) return *first;
  // The chain of the highest bucket ends, with its lowest bit set, at the last symbol.
  for (uint64_t symbol = last;; ++symbol) {
    const auto hash = read_at<uint32_t>(table, chain_at + (symbol - *first) * sizeof(uint32_t));
    if (!hash) return std::nullopt;
    if ((*hash & 1) != 0) return symbol + 1;
  }
}

std::map<int64_t, uint64_t> dynamic_tags(std::string_view bytes) {
  std::map<int64_t, uint64_t> tags;
  for (uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
    const auto entry = read_at<Elf64_Dyn>(bytes, at);
    if (!entry || entry->d_tag == DT_NULL) return tags;
    tags[entry->d_tag] = entry->d_un.d_val;
  }
}

bool exported_function(const Elf64_Sym& symbol) {
  const unsigned bind = ELF64_ST_BIND(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
         (bind == STB_GLOBAL || bind == STB_WEAK);
}

}  // namespace

Result<ElfFile> ElfFile::parse(std::string_view bytes) {
  if (bytes.substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG))
    return refuse("not an ELF file");
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header) return refuse("a cut ELF file: it ends in its header");
  TQ_TRY(check_identity(*header));
  TQ_TRY(check_end(*header, bytes));
  if (header->e_phnum == 0) return refuse("no note .note.tqp: not a tqhost plugin");
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > kSegmentsMost)
    return refuse("a damaged ELF file: its program headers have an unknown form");
  ElfFile file;
  for (uint64_t i = 0; i < header->e_phnum; ++i) {
    const uint64_t offset = i * sizeof(Elf64_Phdr);
    if (header->e_phoff > bytes.size())
      return refuse("a cut ELF file: it ends before its program headers");
    const auto segment = read_at<Elf64_Phdr>(bytes.substr(header->e_phoff), offset);
    if (!segment) return refuse("a cut ELF file: it ends in its program headers");
    if (segment->p_type != PT_LOAD && segment->p_type != PT_NOTE && segment->p_type != PT_DYNAMIC)
      continue;
    if (segment->p_offset > bytes.size() || segment->p_filesz > bytes.size() - segment->p_offset)
      return refuse("a cut ELF file: it ends before its segment " + std::to_string(i) + " does");
    file.segments_.push_back({segment->p_type, segment->p_vaddr, segment->p_align,
                              bytes.substr(segment->p_offset, segment->p_filesz)});
  }
  return file;
}

Result<std::vector<ElfNote>> ElfFile::notes() const {
  std::vector<ElfNote> notes;
  std::vector<std::string_view> seen;
  for (const Segment& segment : segments_) {
    if (segment.type != PT_NOTE || segment.bytes.empty()) continue;
    for (const std::string_view other : seen)
      if (segment.bytes.data() < other.data() + other.size() &&
          other.data() < segment.bytes.data() + segment.bytes.size())
        return refuse("a damaged ELF file: two of its note segments overlap");
    seen.push_back(segment.bytes);
    if (segment.align > 8 || (segment.align & (segment.align - 1)) != 0)
      return refuse("a damaged ELF file: notes aligned to " + std::to_string(segment.align));
    // The two alignments that exist; smaller ones mean 4, as every reader has it.
    TQ_ASSIGN(const auto found, notes_of(segment.bytes, segment.align == 8 ? 8 : 4));
    notes.insert(notes.end(), found.begin(), found.end());
  }
  return notes;
}

std::string_view ElfFile::at(std::optional<uint64_t> address) const {
  if (address)
    for (const Segment& segment : segments_)
      if (segment.type == PT_LOAD && *address >= segment.address &&
          *address - segment.address < segment.bytes.size())
        return segment.bytes.substr(*address - segment.address);
  return {};
}

Result<std::vector<std::string>> ElfFile::functions(std::string_view prefix) const {
  const auto dynamic = std::find_if(segments_.begin(), segments_.end(), [](const Segment& segment) {
    return segment.type == PT_DYNAMIC;
  });
  if (dynamic == segments_.end()) return refuse("a shared library without a dynamic section");
  const auto tags = dynamic_tags(dynamic->bytes);
  const auto tag = [&tags](int64_t name) -> std::optional<uint64_t> {
    const auto found = tags.find(name);
    return found == tags.end() ? std::nullopt : std::optional(found->second);
  };
  const std::string_view symbols = at(tag(DT_SYMTAB));
  const std::string_view names = at(tag(DT_STRTAB)).substr(0, tag(DT_STRSZ).value_or(0));
  auto count = count_by_gnu_hash(at(tag(DT_GNU_HASH)));
  if (!count) count = count_by_hash(at(tag(DT_HASH)));
  if (!count || *count > symbols.size() / sizeof(Elf64_Sym))
    return refuse("a damaged ELF file: its table of dynamic symbols cannot be read");
  std::vector<std::string> found;
  for (uint64_t i = 1; i < *count; ++i) {
    const auto symbol = *read_at<Elf64_Sym>(symbols, i * sizeof(Elf64_Sym));
    if (!exported_function(symbol) || symbol.st_name >= names.size()) continue;
    // Bounded: every symbol may point at the same long text.
    const std::string_view rest = names.substr(symbol.st_name).substr(0, kNameBytesMost);
    if (rest.substr(0, prefix.size()) != prefix) continue;
    const size_t end = rest.find('\0');
    if (end != std::string_view::npos) found.emplace_back(rest.substr(0, end));
    if (found.size() == kFunctionsMost) break;
  }
  return found;
}

}  // namespace tq
