// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/terminal/safe_output.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kGap = 2;     // between columns
constexpr size_t kIndent = 2;  // of lines below a row
constexpr size_t kLeastText = 20;
constexpr std::string_view kNoColour = "\x1b[0m";
constexpr size_t kNameLeast = 8;  // of the first column, however narrow the terminal is

std::string_view begin_of(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kNone:
      break;
  }
  return {};
}

// A colour is a sequence of the program's own, which a text may not have.
void put(std::ostream& out, std::string_view text, Colour colour, const Screen& screen) {
  const std::string_view begin = screen.colour ? begin_of(colour) : std::string_view();
  if (!begin.empty()) print_control(out, begin);
  out << text;
  if (!begin.empty()) print_control(out, kNoColour);
}

// Characters of UTF-8; each is taken for one column.
size_t columns_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string fitted(const std::string& text, size_t width) {
  const size_t columns = columns_of(text);
  if (columns <= width) return text + std::string(width - columns, ' ');
  std::string cut(utf8_cut(text, width > 3 ? width - 3 : width));
  return cut + std::string(width - std::min(width, columns_of(cut)), '.');
}

size_t total(const std::vector<size_t>& widths) {
  size_t sum = 0;
  for (const size_t width : widths) sum += width + (sum == 0 ? 0 : kGap);
  return sum;
}

}  // namespace

Screen standard_screen(const Environment& environment) {
  Screen screen;
  if (::isatty(STDOUT_FILENO) != 1) return screen;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) screen.width = size.ws_col;
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  // no-color.org: set to anything but nothing.
  screen.colour = value("NO_COLOR").empty() && !value("TERM").empty() && value("TERM") != "dumb";
  return screen;
}

void Table::row(std::vector<Cell> cells) {
  cells.resize(titles_.size());
  rows_.push_back({std::move(cells), {}});
}

void Table::line(std::string text, Colour colour) {
  rows_.back().lines.push_back({std::move(text), colour});
}

// As many as are shown.
std::vector<size_t> Table::widths(const Screen& screen) const {
  std::vector<size_t> out;
  for (size_t i = 0; i < titles_.size(); ++i) {
    size_t width = columns_of(titles_[i]);
    for (const Row& row : rows_) width = std::max(width, columns_of(row.cells[i].text));
    out.push_back(width);
  }
  if (screen.width == 0) return out;
  while (out.size() > kept_ && total(out) > screen.width) out.pop_back();
  if (const size_t all = total(out); all > screen.width)
    out.front() -= std::min(all - screen.width, out.front() - std::min(out.front(), kNameLeast));
  return out;
}

void Table::print(std::ostream& out, const Screen& screen) const {
  const std::vector<size_t> shown = widths(screen);
  const auto print_cells = [&](const auto& cell_at) {
    size_t last = shown.size() - 1;  // what is empty behind it needs no blanks
    while (last > 0 && cell_at(last).text.empty()) --last;
    for (size_t i = 0; i <= last; ++i) {
      const Cell cell = cell_at(i);
      const bool fits = i == last && columns_of(cell.text) <= shown[i];
      put(out, fits ? cell.text : fitted(cell.text, shown[i]), cell.colour, screen);
      out << (i == last ? "\n" : std::string(kGap, ' '));
    }
  };
  print_cells([&](size_t i) { return Cell{titles_[i], Colour::kNone}; });
  for (const Row& row : rows_) {
    print_cells([&](size_t i) { return row.cells[i]; });
    const size_t width = screen.width == 0 ? 0 : std::max(kLeastText, screen.width - kIndent);
    for (const Cell& line : row.lines)
      for (const std::string& part : wrapped(line.text, width)) {
        out << std::string(kIndent, ' ');
        put(out, part, line.colour, screen);
        out << '\n';
      }
  }
}

std::vector<std::string> wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (width > 0 && !line.empty() && columns_of(line) + 1 + columns_of(word) > width)
      lines.push_back(std::exchange(line, {}));
    line.append(line.empty() ? "" : " ").append(word);
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace tq
