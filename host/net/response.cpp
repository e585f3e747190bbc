// SPDX-License-Identifier: Apache-2.0
#include "net/response.hpp"

#include <map>
#include <optional>
#include <string>
#include <tqp/retry_after.hpp>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "net/inflate.hpp"

namespace tq {
namespace {

constexpr size_t kCompressedBytes = 64 * 1024;
// What is read off to keep a connection, if it is there or about to come.
constexpr size_t kLeftoverBytes = 64 * 1024;
constexpr uint64_t kLeftoverMs = 20;

class PooledResponse : public HttpResponse {
 public:
  PooledResponse(ResponseParts parts, BodyFraming framing, std::optional<Inflater> inflater,
                 const Patience& patience)
      : parts_(std::move(parts)),
        framing_(framing),
        inflater_(std::move(inflater)),
        patience_(patience) {
    if (inflater_) compressed_.resize(kCompressedBytes);
    patience_.pause();
    if (framing_.complete()) finish();
  }

  // A reader that knows its document's end often leaves the last bytes.
  ~PooledResponse() override {
    if (parts_.connection == nullptr || !parts_.reusable) return;
    patience_.resume();
    patience_ = patience_.part(kLeftoverMs);
    std::vector<char> leftover(kLeftoverBytes);
    for (size_t total = 0; parts_.connection != nullptr && total < kLeftoverBytes;) {
      const auto size = receive(leftover.data(), leftover.size());
      if (!size) return;
      total += *size;
    }
  }

  int status() const override { return parts_.head.status; }
  std::string_view header(std::string_view name) const override {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : parts_.head.fields)
      if (equal_no_case(field, name)) values.push_back(value);
    if (values.empty()) return {};
    if (values.size() == 1) return values.front();
    std::string& joined = joined_[to_lower(name)];
    if (joined.empty()) joined = join({values.begin(), values.end()}, ", ");
    return joined;
  }
  std::string_view header_at(std::string_view name, size_t index) const override {
    for (const auto& [field, value] : parts_.head.fields)
      if (equal_no_case(field, name) && index-- == 0) return value;
    return {};
  }
  int64_t date_ms() const override {
    return tqp::http_date_ms(parts_.head.get("Date")).value_or(0);
  }

  Result<size_t> read(char* out, size_t capacity) override {
    if (capacity == 0) return size_t{0};
    patience_.resume();
    auto size = inflater_ ? inflate(out, capacity) : receive(out, capacity);
    patience_.pause();
    if (!size && size.error().status == Status::kCancelled) return size;
    if (!size) return std::move(size.error()).in(parts_.label);
    given_ += *size;
    if (given_ > parts_.max_bytes)
      return Error{Status::kData, parts_.label + ": the answer is larger than " +
                                      std::to_string(parts_.max_bytes) + " bytes"};
    return size;
  }

 private:
  // Bytes as they were sent.
  Result<size_t> receive(char* out, size_t capacity) {
    if (framing_.complete()) return size_t{0};
    if (parts_.connection == nullptr) return Error{Status::kTransient, "the answer was cut before"};
    auto size = framing_.read(*parts_.connection, out, capacity, patience_);
    if (!size) parts_.connection = nullptr;
    if (framing_.complete()) finish();
    return size;
  }

  Result<size_t> inflate(char* out, size_t capacity) {
    while (true) {
      if (begin_ == end_) {
        TQ_ASSIGN(end_, receive(compressed_.data(), compressed_.size()));
        begin_ = 0;
      }
      const std::string_view in(compressed_.data() + begin_, end_ - begin_);
      TQ_ASSIGN(const Inflater::Step step, inflater_->step(in, out, capacity));
      begin_ += step.taken;
      if (step.given > 0) return step.given;
      if (!framing_.complete() || begin_ < end_) continue;
      if (inflater_->at_end()) return size_t{0};
      return Error{Status::kTransient, "the answer was cut: its compression has no end"};
    }
  }

  void finish() {
    if (parts_.reusable && framing_.delimited() && parts_.connection != nullptr)
      parts_.pool->give_back(parts_.pool_key, std::move(parts_.connection));
    parts_.connection = nullptr;
  }

  ResponseParts parts_;
  BodyFraming framing_;
  std::optional<Inflater> inflater_;
  Patience patience_;
  std::vector<char> compressed_;
  size_t begin_ = 0, end_ = 0;  // of what is in compressed_
  uint64_t given_ = 0;
  mutable std::map<std::string, std::string> joined_;  // fields sent more than once, by lower name
};

}  // namespace

Result<std::unique_ptr<HttpResponse>> make_response(ResponseParts parts, std::string_view method,
                                                    const Patience& patience) {
  auto framing = BodyFraming::of(method, parts.head);
  if (!framing) return std::move(framing.error());
  parts.reusable = parts.reusable && parts.head.keep_alive();
  std::optional<Inflater> inflater;
  const std::string_view encoding = parts.head.get("Content-Encoding");
  if (equal_no_case(encoding, "gzip") || equal_no_case(encoding, "x-gzip")) {
    inflater.emplace(Inflater::Format::kGzip);
  } else if (equal_no_case(encoding, "deflate")) {
    inflater.emplace(Inflater::Format::kDeflate);
  } else if (!encoding.empty() && !equal_no_case(encoding, "identity")) {
    return Error{Status::kData, "the answer is compressed by " + printable(encoding, 40) +
                                    ", which was not asked for"};
  }
  return std::unique_ptr<HttpResponse>(
      std::make_unique<PooledResponse>(std::move(parts), *framing, std::move(inflater), patience));
}

Result<std::string> HttpResponse::read_all(size_t limit) {
  constexpr size_t kRoomBytes = 64 * 1024;
  std::string body;
  size_t size = 0;
  while (true) {
    if (body.size() - size < kRoomBytes) body.resize(2 * body.size() + kRoomBytes);
    TQ_ASSIGN(const size_t more, read(body.data() + size, body.size() - size));
    size += more;
    if (size > limit)
      return Error{Status::kData, "the answer is larger than " + std::to_string(limit) + " bytes"};
    if (more > 0) continue;
    body.resize(size);
    return body;
  }
}

}  // namespace tq
