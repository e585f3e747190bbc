// SPDX-License-Identifier: Apache-2.0
// Table: rows under titles, with lines of text below a row, as wide as what is in them and as the
// terminal allows. Screen: what the terminal can do. Values; any thread.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "schema/config.hpp"

namespace tq {

enum class Colour { kNone, kGreen, kYellow, kRed };

struct Screen {
  size_t width = 0;     // columns; 0: no terminal, nothing has to fit
  bool colour = false;  // the terminal has it, and nobody said NO_COLOR
};

// Of standard output.
Screen standard_screen(const Environment& environment);

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;
};

class Table {
 public:
  // Where the terminal is too narrow, columns go from the last on, but for the first `kept`.
  Table(std::vector<std::string> titles, size_t kept) : titles_(std::move(titles)), kept_(kept) {}

  void row(std::vector<Cell> cells);  // as many as there are titles
  // Below the last row, indented and wrapped at blanks.
  void line(std::string text, Colour colour = Colour::kNone);

  void print(std::ostream& out, const Screen& screen) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::vector<Cell> lines;
  };
  std::vector<size_t> widths(const Screen& screen) const;

  std::vector<std::string> titles_;
  size_t kept_;
  std::vector<Row> rows_;
};

// The text in lines of at most `width` columns, cut at blanks; a word that is longer stays whole.
// 0: one line.
std::vector<std::string> wrapped(std::string_view text, size_t width);

}  // namespace tq
