// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/refusal.hpp"

#include <algorithm>

namespace lab::cbc {
namespace {

std::string header_text(std::string text) {
  constexpr std::size_t kMaxReasonBytes = 1000;
  text.resize(std::min(text.size(), kMaxReasonBytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return text;
}

Response body(const Refusal& refusal) {
  const std::string reason = refusal.what();
  Response response;
  response.status = refusal.status;
  switch (refusal.shape) {
    case Shape::kMessage:
      return Response::json(refusal.status, {{"message", reason}});
    case Shape::kErrorMessage:
      return Response::json(refusal.status, {{"errorMessage", reason}});
    case Shape::kCodeAndMessage:
      return Response::json(refusal.status, {{"error_code", "REFUSED"}, {"message", reason}});
    case Shape::kEmpty:
      response.content_type.clear();
      break;
    case Shape::kHtml:
      response.content_type = "text/html";
      response.body = "<html><head><title>" + std::to_string(refusal.status) +
                      "</title></head><body><center><h1>" + std::to_string(refusal.status) +
                      "</h1></center></body></html>\n";
      break;
  }
  return response;
}

}  // namespace

Response as_response(const Refusal& refusal) {
  Response response = body(refusal);
  response.headers.emplace_back("X-Lab-Reason", header_text(refusal.what()));
  return response;
}

}  // namespace lab::cbc
