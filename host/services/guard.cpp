// SPDX-License-Identifier: Apache-2.0
#include "services/guard.hpp"

#include <cstdio>
#include <cstring>
#include <string_view>

#include "core/text.hpp"

namespace tq {

namespace {

constexpr size_t kMessageBytes = sizeof(tqp_error::message);

// "function: what" in `room`; cut with "...", which the redactor knows.
std::string_view put_message(const char* function, const char* what,
                             char (&room)[kMessageBytes]) noexcept {
  const int wanted = std::snprintf(room, kMessageBytes, "%s: %s", function, what);
  if (wanted < static_cast<int>(kMessageBytes)) return room;
  const size_t whole = utf8_cut(room, kMessageBytes - 4).size();
  std::memcpy(room + whole, "...", 4);
  return room;
}

}  // namespace

tqp_status fail_bug(const tqp_host_ctx* ctx, const char* function, const char* what,
                    tqp_error* out) noexcept {
  char room[kMessageBytes];
  const std::string_view text = put_message(function, what, room);
  if (ctx != nullptr) ctx->breach.note(text);
  if (TQP_REACHES(out, message)) std::memcpy(out->message, room, text.size() + 1);
  return TQP_E_BUG;
}

tqp_status null_argument(const tqp_host_ctx* ctx, const char* function, tqp_error* out) noexcept {
  return fail_bug(ctx, function, "an argument is null", out);
}

tqp_status wrong_thread(const tqp_host_ctx* ctx, const char* function, tqp_error* out) noexcept {
  return fail_bug(ctx, function,
                  "it was called from a thread that is not the instance's home thread", out);
}

tqp_status fail_no_memory(const char* function, tqp_error* out) noexcept {
  if (TQP_REACHES(out, message))
    put_message(function, "out of memory. Raise limits.memory_mb", out->message);
  return TQP_E_TRANSIENT;
}

}  // namespace tq
