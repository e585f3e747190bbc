// SPDX-License-Identifier: Apache-2.0
// guarded: the body of a table's function: nothing that the host throws crosses the boundary,
// [home] functions refuse other threads, and what breaks the contract is noted in the context
// before it is answered. Any thread.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "services/call_board.hpp"
#include "services/host_ctx.hpp"

namespace tq {

// E_BUG with "function: what"; takes no memory, because memory may be what is missing. `ctx`: where
// it is noted; null when the call names none.
tqp_status fail_bug(const tqp_host_ctx* ctx, const char* function, const char* what,
                    tqp_error* out) noexcept;
tqp_status null_argument(const tqp_host_ctx* ctx, const char* function, tqp_error* out) noexcept;
tqp_status wrong_thread(const tqp_host_ctx* ctx, const char* function, tqp_error* out) noexcept;
// E_TRANSIENT: it is the bound on memory that was met, and nobody's contract that was broken.
tqp_status fail_no_memory(const char* function, tqp_error* out) noexcept;

// What a call has to be given. A null pointer is a text only when it is empty.
inline bool given(const void* pointer) { return pointer != nullptr; }
inline bool given(tqp_str text) { return text.ptr != nullptr || text.len == 0; }
inline bool given(tqp_sink sink) { return sink.put != nullptr; }
template <typename... Arguments>
bool all_given(const Arguments&... arguments) {
  return (given(arguments) && ...);
}

// The size of an error that cannot take a message was never set.
inline bool fits(const tqp_error* error) { return error == nullptr || TQP_REACHES(error, message); }

template <typename Call>
tqp_status guarded(const char* function, const tqp_host_ctx* ctx, tqp_error* error,
                   Call&& call) noexcept {
  const CallBoard::Call on_board(function);
  if (ctx == nullptr) return null_argument(HomeContext::of_thread(), function, error);
  if (!fits(error)) return fail_bug(ctx, function, "the size of its tqp_error is not set", nullptr);
  try {
    return std::forward<Call>(call)();
  } catch (const std::bad_alloc&) {
    return fail_no_memory(function, error);
  } catch (const std::exception& thrown) {
    return fail_bug(ctx, function, thrown.what(), error);
  } catch (...) {
    return fail_bug(ctx, function, "an exception of no known type", error);
  }
}

template <typename Call>
tqp_status guarded_home(const char* function, const tqp_host_ctx* ctx, tqp_error* error,
                        Call&& call) noexcept {
  return guarded(function, ctx, error, [&]() -> tqp_status {
    if (!is_home(ctx)) return wrong_thread(ctx, function, error);
    return std::forward<Call>(call)();
  });
}

// Whether `handle` may be looked into, else why not. Elsewhere than on the home thread nobody knows
// whether it is open, and the call is refused for its thread.
template <typename Handle, typename IsOpen>
const char* fault_of_handle(Handle* handle, IsOpen&& is_open) {
  if (handle == nullptr) return "the handle is null";
  const tqp_host_ctx* const home = HomeContext::of_thread();
  return home != nullptr && !is_open(*home) ? "the handle is not open" : nullptr;
}

// A [home] function whose first argument is a handle, which names its context.
template <typename Handle, typename IsOpen, typename Call>
tqp_status guarded_handle(const char* function, Handle* handle, tqp_error* error, IsOpen&& is_open,
                          Call&& call) noexcept {
  if (const char* const fault = fault_of_handle(handle, is_open))
    return fail_bug(HomeContext::of_thread(), function, fault, error);
  return guarded_home(function, handle->host, error, std::forward<Call>(call));
}

// For functions that answer no status: a failure is dropped, there is nobody to tell.
template <typename Call>
void guarded_void(Call&& call) noexcept {
  try {
    std::forward<Call>(call)();
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

// The same with a handle, of which null does nothing.
template <typename Handle, typename IsOpen, typename Call>
void guarded_void_handle(const char* function, Handle* handle, IsOpen&& is_open,
                         Call&& call) noexcept {
  guarded_void([&] {
    if (handle == nullptr) return;
    if (const char* const fault = fault_of_handle(handle, is_open)) {
      fail_bug(HomeContext::of_thread(), function, fault, nullptr);
    } else if (!is_home(handle->host)) {
      wrong_thread(handle->host, function, nullptr);
    } else {
      call();
    }
  });
}

// For [any] functions that answer no status: a null text breaks the contract and does nothing.
template <typename Call, typename... Texts>
void guarded_texts(const char* function, const tqp_host_ctx* ctx, Call&& call,
                   const Texts&... texts) noexcept {
  guarded_void([&] {
    if (ctx == nullptr || !all_given(texts...)) {
      null_argument(ctx != nullptr ? ctx : HomeContext::of_thread(), function, nullptr);
    } else {
      call();
    }
  });
}

}  // namespace tq
