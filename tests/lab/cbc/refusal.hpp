// SPDX-License-Identifier: Apache-2.0
// How the simulator says no. The vendor's error bodies are not uniform, so neither are ours; the
// exact reason stands in the header X-Lab-Reason and in the request log.
#pragma once

#include <stdexcept>
#include <string>

#include "lab/service.hpp"

namespace lab::cbc {

enum class Shape { kMessage, kErrorMessage, kCodeAndMessage, kEmpty, kHtml };

struct Refusal : std::runtime_error {
  Refusal(int http_status, Shape body_shape, const std::string& reason)
      : std::runtime_error(reason), status(http_status), shape(body_shape) {}
  int status;
  Shape shape;
};

// A document that the service does not take.
struct Invalid : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Response as_response(const Refusal& refusal);

}  // namespace lab::cbc
