// SPDX-License-Identifier: Apache-2.0
// ElfFile: the parts of a shared library's file that are needed before anything of it runs: notes
// and the names of exported functions. The file is hostile input: every offset is checked against
// its size. Views into the bytes it was made from; immutable, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tq {

struct ElfNote {
  std::string_view owner;  // without its NUL
  uint32_t type = 0;
  std::string_view text;
};

class ElfFile {
 public:
  // `bytes` is the whole file and outlives the object. E_CONFIG when it is no shared library that
  // this host could load.
  static Result<ElfFile> parse(std::string_view bytes);

  // Every note of every PT_NOTE segment.
  Result<std::vector<ElfNote>> notes() const;

  // The exported functions whose names begin with `prefix`, as the dynamic loader would find them.
  Result<std::vector<std::string>> functions(std::string_view prefix) const;

 private:
  struct Segment {
    uint32_t type;
    uint64_t address, align;
    std::string_view bytes;  // in the file
  };

  // What the file has from that address on, up to the end of its segment; empty when it has
  // nothing.
  std::string_view at(std::optional<uint64_t> address) const;

  std::vector<Segment> segments_;
};

}  // namespace tq
