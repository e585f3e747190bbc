// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/refusal.hpp"

#include <algorithm>

namespace lab::threatq {
namespace {

std::string header_text(std::string text) {
  constexpr std::size_t kMaxReasonBytes = 1000;
  text.resize(std::min(text.size(), kMaxReasonBytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return text;
}

}  // namespace

ErrorShape error_shape(const std::string& name) {
  if (name == "fields") return ErrorShape::kFields;
  return name == "list" ? ErrorShape::kList : ErrorShape::kMixed;
}

void invalid(const std::string& field, const std::string& reason) {
  throw Refusal(400, field, reason);
}

Response as_response(const Refusal& refusal, ErrorShape shape) {
  const std::string reason = refusal.what();
  const bool by_field =
      shape == ErrorShape::kFields || (shape == ErrorShape::kMixed && !refusal.field.empty());
  Json body;
  if (by_field) {
    const std::string field = refusal.field.empty() ? "request" : refusal.field;
    body["data"]["errors"][field] = Json::array({reason});
  } else if (refusal.field.empty()) {
    body["errors"] = Json::array({reason});
  } else {
    body["errors"] = Json::array({Json::array({refusal.field, reason})});
  }
  Response response = Response::json(refusal.status, body);
  response.headers.emplace_back("X-Lab-Reason", header_text(reason));
  return response;
}

}  // namespace lab::threatq
