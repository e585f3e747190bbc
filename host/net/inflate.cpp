// SPDX-License-Identifier: Apache-2.0
#include "net/inflate.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <climits>
#include <string>

namespace tq {
namespace {

constexpr int kGzipBits = 15 + 16;
constexpr int kZlibBits = 15;
constexpr int kRawBits = -15;

}  // namespace

struct Inflater::Zlib {
  z_stream stream{};
  explicit Zlib(int bits) { inflateInit2(&stream, bits); }
  ~Zlib() { inflateEnd(&stream); }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;
};

Inflater::Inflater(Format format)
    : zlib_(std::make_unique<Zlib>(format == Format::kGzip ? kGzipBits : kZlibBits)),
      may_be_raw_(format == Format::kDeflate) {}

Inflater::Inflater(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

Result<Inflater::Step> Inflater::step(std::string_view in, char* out, size_t capacity) {
  z_stream& stream = zlib_->stream;
  if (at_end_ && !in.empty() && stream.total_in > 0) inflateReset(&stream);  // a further member
  const auto size = static_cast<uInt>(std::min<size_t>(in.size(), UINT_MAX));
  const auto room = static_cast<uInt>(std::min<size_t>(capacity, UINT_MAX));
  const auto set = [&] {
    stream.next_in = reinterpret_cast<const Bytef*>(in.data());
    stream.avail_in = size;
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = room;
  };
  set();
  int result = inflate(&stream, Z_NO_FLUSH);
  if (result == Z_DATA_ERROR && may_be_raw_) {
    inflateReset2(&stream, kRawBits);
    set();
    result = inflate(&stream, Z_NO_FLUSH);
  }
  const Step step{size - stream.avail_in, room - stream.avail_out};
  if (step.taken > 0) {
    may_be_raw_ = false;
    at_end_ = false;
  }
  if (result == Z_STREAM_END) at_end_ = true;
  if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return step;
  return Error{Status::kData, std::string("the answer's compression is damaged: ") +
                                  (stream.msg != nullptr ? stream.msg : "not gzip or deflate")};
}

}  // namespace tq
