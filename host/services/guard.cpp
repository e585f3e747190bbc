// SPDX-License-Identifier: Apache-2.0
#include "services/guard.hpp"

#include <cstdio>
#include <cstring>

#include "core/text.hpp"

namespace tq {

namespace {

void put_message(const char* function, const char* what, tqp_error* out) noexcept {
  if (TQP_REACHES(out, message)) {
    const int wanted = std::snprintf(out->message, sizeof out->message, "%s: %s", function, what);
    if (wanted >= static_cast<int>(sizeof out->message)) {
      // "...": the redactor knows what it means.
      const size_t whole = utf8_cut(out->message, sizeof out->message - 4).size();
      std::memcpy(out->message + whole, "...", 4);
    }
  }
}

}  // namespace

tqp_status fail_bug(const char* function, const char* what, tqp_error* out) noexcept {
  put_message(function, what, out);
  return TQP_E_BUG;
}

tqp_status fail_no_memory(const char* function, tqp_error* out) noexcept {
  put_message(function, "out of memory. Raise limits.memory_mb", out);
  return TQP_E_TRANSIENT;
}

}  // namespace tq
