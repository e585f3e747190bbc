// SPDX-License-Identifier: Apache-2.0
// The one place that decides what a terminal, a log or a table may get of a text from outside: a
// file's name, a plugin's message, a server's answer. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tq {

// kOne is for a cell or a log line: a line break would begin a row that nobody wrote.
enum class Lines { kOne, kMany };

// Control characters (of 7 and of 8 bits, escape among them), marks that turn the direction of
// writing, and bytes that are no UTF-8 become '?'. kMany keeps line feeds and tabs.
std::string shown(std::string_view text, Lines lines = Lines::kOne);

// The same in several lines: what does not begin with a blank begins with `indent`, but for the
// first one, so that no line looks like a row of its own.
std::string shown_lines(std::string_view text, std::string_view indent);

// How many bytes at the end may begin a character whose rest is still to come.
size_t cut_character_bytes(std::string_view text);

// The same JSON document, in which a string has as "\u202e" what shown() would take away. REQUIRES:
// valid UTF-8.
std::string escape_hidden(std::string json);

}  // namespace tq
