// SPDX-License-Identifier: Apache-2.0
// guarded: the body of a table's function: nothing that the host throws crosses the boundary, and
// [home] functions refuse other threads. Any thread.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "services/call_board.hpp"
#include "services/host_ctx.hpp"

namespace tq {

// E_BUG with "function: what"; takes no memory, because memory may be what is missing.
tqp_status fail_bug(const char* function, const char* what, tqp_error* out) noexcept;
// E_TRANSIENT: it is the bound on memory that was met, and nobody's contract that was broken.
tqp_status fail_no_memory(const char* function, tqp_error* out) noexcept;

template <typename Call>
tqp_status guarded(const char* function, tqp_error* error, Call&& call) noexcept {
  const CallBoard::Call on_board(function);
  try {
    return std::forward<Call>(call)();
  } catch (const std::bad_alloc&) {
    return fail_no_memory(function, error);
  } catch (const std::exception& thrown) {
    return fail_bug(function, thrown.what(), error);
  } catch (...) {
    return fail_bug(function, "an exception of no known type", error);
  }
}

template <typename Call>
tqp_status guarded_home(const char* function, const tqp_host_ctx* ctx, tqp_error* error,
                        Call&& call) noexcept {
  return guarded(function, error, [&]() -> tqp_status {
    if (!is_home(ctx)) return wrong_thread(function, error);
    return std::forward<Call>(call)();
  });
}

// For functions that answer no status: a failure is dropped, there is nobody to tell.
template <typename Call>
void guarded_void(Call&& call) noexcept {
  try {
    std::forward<Call>(call)();
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace tq
