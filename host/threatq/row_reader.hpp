// SPDX-License-Identifier: Apache-2.0
// One row of a page, taken from the stream. Included by the parser alone.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tq {

// Views live until the parser's next document.
struct Named {
  std::string_view name;
  std::optional<uint64_t> id;
};

struct Row {
  std::optional<uint64_t> id;
  std::string_view value, raw;
  Named type, status;
  int16_t score = -1;
  int64_t updated_ms = INT64_MIN;
};

// What is not in `columns` is skipped unread. An error means that the document is broken.
simdjson::error_code read_row(simdjson::ondemand::object object, uint32_t columns, Row* row);

// A number, or text that is one; nothing for everything else.
simdjson::error_code read_number(simdjson::ondemand::value value, std::optional<uint64_t>* out);

}  // namespace tq
