// SPDX-License-Identifier: Apache-2.0
#include "net/head.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr int kMostInterim = 10;
constexpr size_t kNotFound = std::string_view::npos;

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

Error not_http(std::string_view text) {
  return {Status::kData, "the answer is not HTTP: \"" + printable(text, 40) +
                             "\"; check scheme and port of the host"};
}

// Size of the head and of the empty line behind it, or {npos, 0}.
std::pair<size_t, size_t> end_of_head(std::string_view text) {
  for (size_t at = text.find('\n'); at != kNotFound; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1, 2);
    if (rest.starts_with('\n')) return {at + 1, 1};
    if (rest == "\r\n") return {at + 1, 2};
  }
  return {kNotFound, 0};
}

std::string_view next_line(std::string_view* text) {
  const size_t end = text->find('\n');
  std::string_view line = text->substr(0, end);
  text->remove_prefix(end == kNotFound ? text->size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<ResponseHead> parse_status_line(std::string_view line) {
  constexpr std::string_view kForm = "HTTP/1.x 200";
  const bool fits = line.size() >= kForm.size() && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                    digits(line.substr(9, 3)) && (line.size() == 12 || line[12] == ' ');
  if (!fits) return not_http(line);
  ResponseHead head;
  head.http_1_0 = line[7] == '0';
  std::from_chars(line.data() + 9, line.data() + 12, head.status);
  head.reason = printable(trim(line.substr(12)), 80);
  return head;
}

}  // namespace

std::string_view ResponseHead::get(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (equal_no_case(key, name)) return value;
  return {};
}

bool ResponseHead::has_word(std::string_view name, std::string_view word) const {
  for (const auto& [key, value] : fields) {
    if (!equal_no_case(key, name)) continue;
    for (const std::string& item : split_list(value))
      if (equal_no_case(item, word)) return true;
  }
  return false;
}

bool ResponseHead::keep_alive() const {
  if (has_word("Connection", "close")) return false;
  return !http_1_0 || has_word("Connection", "keep-alive");
}

Result<ResponseHead> parse_head(std::string_view text) {
  TQ_ASSIGN(ResponseHead head, parse_status_line(next_line(&text)));
  while (!text.empty()) {
    const std::string_view line = next_line(&text);
    if (line.starts_with(' ') || line.starts_with('\t')) {  // the old way of breaking long lines
      if (head.fields.empty()) return not_http(line);
      head.fields.back().second.append(" ").append(trim(line));
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == 0 || colon == kNotFound) return not_http(line);
    head.fields.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return head;
}

Result<ResponseHead> read_head(Connection& connection, const Patience& patience) {
  for (int interim = 0; interim <= kMostInterim; ++interim) {
    auto [size, gap] = end_of_head(connection.buffered());
    while (size == kNotFound) {
      if (connection.buffered().size() == Connection::kBufferBytes)
        return Error{Status::kData, "the head of the answer is larger than 64 KB"};
      TQ_ASSIGN(const bool more, connection.fill(patience));
      if (!more)
        return Error{Status::kTransient, connection.buffered().empty()
                                             ? "the connection was closed before an answer came"
                                             : "the connection was closed within the answer"};
      // What does not begin like HTTP will not end like it.
      const std::string_view start = connection.buffered().substr(0, 5);
      if (!std::string_view("HTTP/").starts_with(start)) return not_http(connection.buffered());
      std::tie(size, gap) = end_of_head(connection.buffered());
    }
    auto head = parse_head(connection.buffered().substr(0, size));
    connection.consume(size + gap);
    if (!head || head->status >= 200) return head;
  }
  return Error{Status::kData, "the server sent interim answers without end"};
}

}  // namespace tq
