// SPDX-License-Identifier: Apache-2.0
// How the simulator says no: the vendor has two shapes of error bodies. The exact reason also
// stands in the header X-Lab-Reason and in the request log. Pure functions.
#pragma once

#include <stdexcept>
#include <string>

#include "lab/service.hpp"

namespace lab::threatq {

enum class ErrorShape {
  kMixed,   // by field when the error names one, else a list
  kFields,  // {"data":{"errors":{"field":["message"]}}}
  kList,    // {"errors":["message",["part 1","part 2"]]}
};

ErrorShape error_shape(const std::string& name);

struct Refusal : std::runtime_error {
  Refusal(int http_status, const std::string& reason)
      : std::runtime_error(reason), status(http_status) {}
  Refusal(int http_status, std::string wrong_field, const std::string& reason)
      : std::runtime_error(reason), status(http_status), field(std::move(wrong_field)) {}
  int status;
  std::string field;  // may be empty
};

// 400 about one field of a request.
[[noreturn]] void invalid(const std::string& field, const std::string& reason);

Response as_response(const Refusal& refusal, ErrorShape shape);

}  // namespace lab::threatq
