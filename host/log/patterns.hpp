// SPDX-License-Identifier: Apache-2.0
// Patterns: finds known values in a text, however a server wrote them. A value is five patterns,
// whatever escapes there are: itself, in hex, and in base64 at its three alignments; escapes are
// undone while a pattern is compared. Immutable once made; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/secret.hpp"

namespace tq {

struct Pattern {
  enum class Kind { kPlain, kBase64 };

  Secret text;  // plain ones in lower case
  Kind kind = Kind::kPlain;
  // Of a piece that ends where the text was cut: how much of the pattern is enough to hide it.
  size_t least = 0;
  // And where the text ends without a sign of a cut.
  size_t least_unmarked = 0;
};
using ValuePatterns = std::vector<Pattern>;

// Empty for a value that is too short to hide.
std::shared_ptr<const ValuePatterns> patterns_of(std::string_view value);

struct Span {
  size_t begin = 0, end = 0;
};

class Patterns {
 public:
  explicit Patterns(std::vector<std::shared_ptr<const ValuePatterns>> values);

  // What is known to have happened to the text that is searched.
  struct Ends {
    bool head_cut = false;   // it may begin in the middle of a value
    bool tail_cut = false;   // it may end there
    bool tail_open = false;  // nobody knows
  };
  // In order, without overlaps.
  std::vector<Span> find(std::string_view text, const Ends& ends) const;

 private:
  void find_at(std::string_view text, size_t at, const Ends& ends, std::vector<Span>* out) const;
  void find_head(std::string_view text, std::vector<Span>* out) const;

  struct Entry {
    const Pattern* pattern;
    char second;  // folded
  };

  std::vector<std::shared_ptr<const ValuePatterns>> values_;
  std::array<std::vector<Entry>, 256> by_first_;  // folded
};

}  // namespace tq
