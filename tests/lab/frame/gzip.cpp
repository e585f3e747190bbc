// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace lab {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kAnyWindow = 15 + 32;
constexpr std::size_t kStepBytes = 256 * 1024;

Bytef* input_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
}

}  // namespace

std::string gzip(std::string_view plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib: cannot start compressing");
  }
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = input_of(plain);
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::optional<std::string> gunzip(std::string_view packed, std::size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kAnyWindow) != Z_OK) return std::nullopt;
  stream.next_in = input_of(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  int status = Z_OK;
  while (status == Z_OK && plain.size() <= max_bytes) {
    const std::size_t done = plain.size();
    plain.resize(done + std::max(kStepBytes, done / 2));
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + done);
    stream.avail_out = static_cast<uInt>(plain.size() - done);
    status = inflate(&stream, Z_NO_FLUSH);
    plain.resize(plain.size() - stream.avail_out);
    if (status == Z_STREAM_END && stream.avail_in > 0)
      status = inflateReset(&stream);  // one more member
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || plain.size() > max_bytes) return std::nullopt;
  return plain;
}

}  // namespace lab
