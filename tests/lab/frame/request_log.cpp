// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/request_log.hpp"

#include <openssl/sha.h>

#include <array>
#include <nlohmann/json.hpp>

namespace lab {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const LoggedRequest& request) {
  return {{"seq", request.seq},
          {"time_ms", request.time_ms},
          {"took_ms", request.took_ms},
          {"method", request.method},
          {"target", request.target},
          {"status", request.status},
          {"bytes_in", request.bytes_in},
          {"bytes_out", request.bytes_out},
          {"sha256", request.body_sha256},
          {"user_agent", request.user_agent},
          {"headers", request.header_names},
          {"reason", request.reason}};
}

}  // namespace

std::uint64_t RequestLog::arrive() {
  const std::lock_guard lock(mutex_);
  return ++arrived_;
}

void RequestLog::add(LoggedRequest request, const std::string& route) {
  const std::lock_guard lock(mutex_);
  ++count_;
  bytes_in_ += request.bytes_in;
  bytes_out_ += request.bytes_out;
  ++by_route_[request.method + ' ' + route];
  kept_.push_back(std::move(request));
  if (kept_.size() > kKept) kept_.pop_front();
}

std::string RequestLog::json() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const LoggedRequest& request : kept_) list.push_back(as_json(request));
  const Json result = {{"count", count_},
                       {"bytes_in", bytes_in_},
                       {"bytes_out", bytes_out_},
                       {"by_route", by_route_},
                       {"list", std::move(list)}};
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void RequestLog::reset() {
  const std::lock_guard lock(mutex_);
  arrived_ = count_ = bytes_in_ = bytes_out_ = 0;
  by_route_.clear();
  kept_.clear();
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  for (const unsigned char byte : digest) {
    result += kHex[byte >> 4];
    result += kHex[byte & 15];
  }
  return result;
}

}  // namespace lab
