// SPDX-License-Identifier: Apache-2.0
#include "net/framing.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLongestLine = 4096;
constexpr int kMostTrailers = 100;

Result<std::string> read_line(Connection& connection, const Patience& patience) {
  while (true) {
    const std::string_view text = connection.buffered();
    const size_t end = text.find('\n');
    if (end != std::string_view::npos) {
      std::string line(trim(text.substr(0, end)));
      connection.consume(end + 1);
      return line;
    }
    if (text.size() > kLongestLine)
      return Error{Status::kData, "the chunks of the answer are broken"};
    TQ_ASSIGN(const bool more, connection.fill(patience));
    if (!more) return Error{Status::kTransient, "the answer was cut: its last chunk never came"};
  }
}

std::optional<uint64_t> parse_number(std::string_view text, int base) {
  uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<BodyFraming> BodyFraming::of(std::string_view method, const ResponseHead& head) {
  BodyFraming framing;
  if (method == "HEAD" || head.status == 204 || head.status == 304) return framing;
  std::string_view length;
  for (const auto& [name, value] : head.fields) {
    if (!equal_no_case(name, "Content-Length")) continue;
    if (!length.empty() && value != length)
      return Error{Status::kData, "the answer states two lengths"};
    length = value;
  }
  if (!head.get("Transfer-Encoding").empty()) {
    if (!equal_no_case(head.get("Transfer-Encoding"), "chunked"))
      return Error{Status::kData, "the answer has an unknown Transfer-Encoding"};
    framing.kind_ = Kind::kChunked;
    framing.delimited_ = length.empty();  // both: somebody in between may see another end than we
    return framing;
  }
  if (length.empty()) {
    framing.kind_ = Kind::kUntilClose;
    framing.delimited_ = false;
    return framing;
  }
  const std::optional<uint64_t> size = parse_number(length, 10);
  if (!size) return Error{Status::kData, "the answer states a length that is none"};
  framing.length_ = framing.left_ = *size;
  if (*size > 0) framing.kind_ = Kind::kLength;
  return framing;
}

Result<size_t> BodyFraming::take(Connection& connection, char* out, size_t capacity,
                                 const Patience& patience) {
  const size_t most = static_cast<size_t>(std::min<uint64_t>(capacity, left_));
  TQ_ASSIGN(const size_t size, connection.receive(out, most, patience));
  left_ -= size;
  received_ += size;
  return size;
}

Result<void> BodyFraming::next_chunk(Connection& connection, const Patience& patience) {
  if (in_chunks_) {
    TQ_ASSIGN(const std::string gap, read_line(connection, patience));
    if (!gap.empty()) return Error{Status::kData, "the chunks of the answer are broken"};
  }
  TQ_ASSIGN(const std::string line, read_line(connection, patience));
  const std::optional<uint64_t> size = parse_number(trim(line.substr(0, line.find(';'))), 16);
  if (!size) return Error{Status::kData, "the chunks of the answer are broken"};
  in_chunks_ = true;
  left_ = *size;
  if (left_ > 0) return {};
  for (int trailers = 0; trailers <= kMostTrailers; ++trailers) {
    TQ_ASSIGN(const std::string trailer, read_line(connection, patience));
    if (!trailer.empty()) continue;
    kind_ = Kind::kComplete;
    return {};
  }
  return Error{Status::kData, "the answer has trailers without end"};
}

Result<size_t> BodyFraming::read(Connection& connection, char* out, size_t capacity,
                                 const Patience& patience) {
  switch (kind_) {
    case Kind::kComplete:
      return size_t{0};
    case Kind::kUntilClose: {
      TQ_ASSIGN(const size_t size, connection.receive(out, capacity, patience));
      if (size == 0) kind_ = Kind::kComplete;
      return size;
    }
    case Kind::kLength: {
      TQ_ASSIGN(const size_t size, take(connection, out, capacity, patience));
      if (size == 0)
        return Error{Status::kTransient, "the answer was cut: it ended after " +
                                             std::to_string(received_) + " of " +
                                             std::to_string(length_) + " bytes"};
      if (left_ == 0) kind_ = Kind::kComplete;
      return size;
    }
    case Kind::kChunked:
      if (left_ == 0) TQ_TRY(next_chunk(connection, patience));
      if (kind_ == Kind::kComplete) return size_t{0};
      TQ_ASSIGN(const size_t size, take(connection, out, capacity, patience));
      if (size == 0)
        return Error{Status::kTransient, "the answer was cut: it ended within a chunk, after " +
                                             std::to_string(received_) + " bytes"};
      return size;
  }
  return size_t{0};
}

}  // namespace tq
