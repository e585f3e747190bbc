// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/wire.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <thread>

#include "lab/frame/gzip.hpp"
#include "lab/frame/large_text.hpp"

namespace lab {
namespace {

constexpr std::size_t kJoinBytes =
    1024 * 1024;  // bodies up to this travel in one write with their head
constexpr std::size_t kWriteBytes = 4 * 1024 * 1024;
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kTicksPerSecond = 20;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) throw BadRequest(400, "bad percent escape in the request target");
      result += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return result;
}

Pairs query_pairs(std::string_view query) {
  Pairs result;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view value = item.substr(std::min(equals + 1, item.size()));
    result.emplace_back(percent_decoded(item.substr(0, equals), true),
                        percent_decoded(value, true));
  }
  return result;
}

// `length` bytes, or all until the end when it is not known.
std::string read_body(std::istream& stream, std::size_t length, bool known) {
  std::string body;
  reserve_large(body, length);
  while (!known || body.size() < length) {
    const std::size_t done = body.size();
    const std::size_t step = known ? std::min(length - done, kReadBytes) : kReadBytes;
    body.resize(done + step);
    stream.read(body.data() + done, static_cast<std::streamsize>(step));
    const auto got = static_cast<std::size_t>(stream.gcount());
    body.resize(done + got);
    if (body.size() > kMaxBodyBytes) throw BadRequest(413, "the body is larger than the lab takes");
    if (got < step) break;
  }
  if (known && body.size() < length) throw Poco::Net::ConnectionAbortedException("body cut");
  return body;
}

std::string wire_body(Poco::Net::HTTPServerRequest& request) {
  if (request.getChunkedTransferEncoding()) return read_body(request.stream(), 0, false);
  if (!request.hasContentLength()) return {};  // Poco would wait for the end of the connection
  const auto length = request.getContentLength64();
  if (length < 0) throw BadRequest(400, "bad Content-Length");
  if (static_cast<std::size_t>(length) > kMaxBodyBytes) {
    throw BadRequest(413, "the body is larger than the lab takes");
  }
  return read_body(request.stream(), static_cast<std::size_t>(length), true);
}

void decompress(Request& request) {
  const auto encoding = request.header("Content-Encoding");
  if (!encoding || *encoding == "identity") return;
  if (*encoding != "gzip" && *encoding != "deflate") {
    throw BadRequest(415, "unknown Content-Encoding: " + *encoding);
  }
  auto plain = gunzip(request.body, kMaxBodyBytes);
  if (!plain) throw BadRequest(400, "the compressed body is damaged or too large");
  request.body = std::move(*plain);
}

std::string head(const Response& response, const Sending& how) {
  const auto status = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(response.status);
  const auto date = Poco::Timestamp::fromEpochTime(std::chrono::system_clock::to_time_t(how.date));
  std::string result = "HTTP/1.1 " + std::to_string(response.status) + ' ' +
                       Poco::Net::HTTPResponse::getReasonForStatus(status) + "\r\nDate: " +
                       Poco::DateTimeFormatter::format(date, Poco::DateTimeFormat::HTTP_FORMAT) +
                       "\r\n";
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  if (has_body) {
    if (!response.content_type.empty()) result += "Content-Type: " + response.content_type + "\r\n";
    result += "Content-Length: " + std::to_string(how.promised_bytes) + "\r\n";
  }
  for (const auto& [name, value] : response.headers) result += name + ": " + value + "\r\n";
  result += how.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return result;
}

void write_all(Poco::Net::StreamSocket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto step = static_cast<int>(std::min(bytes.size(), kWriteBytes));
    const int sent = socket.sendBytes(bytes.data(), step);
    if (sent <= 0) throw Poco::Net::ConnectionAbortedException("peer gone");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void write_slowly(Poco::Net::StreamSocket& socket, std::string_view bytes, std::size_t per_second) {
  const std::size_t step = std::max<std::size_t>(per_second / kTicksPerSecond, 1);
  const auto pause = std::chrono::milliseconds(std::max<std::size_t>(1000 * step / per_second, 1));
  while (!bytes.empty()) {
    write_all(socket, bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Received receive(Poco::Net::HTTPServerRequest& request) {
  Received result;
  result.target = request.getURI();
  Request& plain = result.request;
  plain.method = request.getMethod();
  plain.headers.assign(request.begin(), request.end());
  const auto start = std::chrono::steady_clock::now();
  plain.body = wire_body(request);
  plain.body_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.wire_bytes = plain.body.size();
  const std::string_view target = result.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  plain.path = percent_decoded(target.substr(0, mark), false);
  plain.query = query_pairs(target.substr(std::min(mark + 1, target.size())));
  if (!plain.path.starts_with('/'))
    throw BadRequest(400, "the request target must begin with a slash");
  decompress(plain);
  return result;
}

void send(Poco::Net::StreamSocket& socket, const Response& response, const Sending& how) {
  std::string first = head(response, how);
  const std::string_view body =
      how.head_only ? std::string_view() : std::string_view(response.body);
  if (how.bytes_per_second > 0) {
    write_all(socket, first);
    write_slowly(socket, body, how.bytes_per_second);
  } else if (body.size() <= kJoinBytes) {
    write_all(socket, first.append(body));
  } else {
    write_all(socket, first);
    write_all(socket, body);
  }
}

void reset(Poco::Net::StreamSocket& socket) {
  socket.setLinger(true, 0);
  // Only the last close of the connection resets it, and Poco's own close would speak TLS first:
  // put an idle file in its place.
  const int idle = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (idle < 0) return;
  ::dup2(idle, socket.impl()->sockfd());
  ::close(idle);
}

}  // namespace lab
