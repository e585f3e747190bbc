// SPDX-License-Identifier: Apache-2.0
// A document that was taken is the same when it is written out and read again, and every place that
// it knows is one of its own.
#include <algorithm>
#include <cstdlib>

#include "core/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = tq::parse_json_document(text, "f", tq::Comments::kAllow);
  const auto strict = tq::parse_json(text, "f");
  if (!document) {
    if (strict || document.error().message.substr(0, 2) != "f:") std::abort();
    return 0;
  }
  const auto again = tq::parse_json(tq::dump_json(document->root), "f");
  if (!again || *again != document->root || (strict && *strict != document->root)) std::abort();
  const auto last_line = 1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  for (const auto& [pointer, line] : document->lines)
    if (tq::json_at(document->root, pointer) == nullptr || line < 1 || line > last_line)
      std::abort();
  return 0;
}
