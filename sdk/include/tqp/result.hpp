// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error, the only way the SDK reports failure. Its statuses are those of
// the ABI, because each one tells the host what to do next. Plain values: any thread, own what they
// hold.
#pragma once

#include <tqp/plugin.h>

#include <cassert>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tqp {

inline tqp_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(tqp_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

// At most `limit` bytes of `text`, cut where a character ends.
inline std::string_view utf8_cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0u) == 0x80u) --limit;
  return text.substr(0, limit);
}

// For texts of others in a message: at most `limit` bytes, "..." included, which stands at the end
// of what was cut. The host cleans messages of secrets, and by that mark it knows where half of one
// may stand. REQUIRES: limit >= 3
inline std::string shortened(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  return std::string(utf8_cut(text, limit - 3)).append("...");
}

// `from` and a NUL into `to`, cut where a character ends. REQUIRES: capacity > 0
inline void copy_text(std::string_view from, char* to, size_t capacity) noexcept {
  const std::string_view cut = utf8_cut(from, capacity - 1);
  if (!cut.empty()) std::memcpy(to, cut.data(), cut.size());
  to[cut.size()] = '\0';
}

struct [[nodiscard]] Error {
  tqp_status status = TQP_E_BUG;
  std::string message{};  // what failed, on what, why, what to do next; never a secret
  std::string field{};    // JSON pointer into the configuration, or empty
  int32_t http_status = 0;
  uint64_t retry_after_ms = 0;  // for TQP_E_LIMITED

  bool cancelled() const { return status == TQP_CANCELLED; }
  bool skipped() const { return status == TQP_SKIPPED; }  // an effect, in a dry run or a check

  // The same error with "context: " in front of its message.
  Error in(std::string_view context) && {
    message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }

  // Hands the error to the host; `to` may be null.
  void store(tqp_error* to) const noexcept {
    if (!TQP_REACHES(to, message)) return;
    to->http_status = http_status;
    to->retry_after_ms = retry_after_ms;
    copy_text(field, to->field, sizeof to->field);
    copy_text(message, to->message, sizeof to->message);
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok()
  T& value() {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  const T& value() const {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T&& take() { return std::move(value()); }

  // REQUIRES: !ok()
  Error& error() {
    assert(!ok());
    return *std::get_if<1>(&data_);
  }
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&data_);
  }

 private:
  std::variant<T, Error> data_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: !ok()
  Error& error() {
    assert(!ok());
    return *error_;
  }
  const Error& error() const {
    assert(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

// The tqp_error of one call into the host: `fault.raw()` goes in, `fault.as(status)` comes out.
class Fault {
 public:
  Fault() { raw_.size = sizeof raw_; }
  tqp_error* raw() { return &raw_; }

  Error as(tqp_status status) const {
    Error error;
    error.status = status;
    error.message.assign(raw_.message, strnlen(raw_.message, sizeof raw_.message));
    error.field.assign(raw_.field, strnlen(raw_.field, sizeof raw_.field));
    error.http_status = raw_.http_status;
    error.retry_after_ms = raw_.retry_after_ms;
    if (error.message.empty() && status == TQP_CANCELLED) error.message = "stop was asked for";
    return error;
  }
  Result<void> done(tqp_status status) const {
    if (status == TQP_OK) return {};
    return as(status);
  }

 private:
  tqp_error raw_{};
};

// A sink that appends to a string; memory that runs out becomes a status, not an exception.
inline tqp_sink sink_to(std::string& out) {
  return {&out, [](void* ctx, const void* bytes, size_t n) -> tqp_status {
            try {
              static_cast<std::string*>(ctx)->append(static_cast<const char*>(bytes), n);
              return TQP_OK;
            } catch (...) {
              return TQP_E_TRANSIENT;
            }
          }};
}

}  // namespace tqp

#define TQP_CONCAT_(a, b) a##b
#define TQP_CONCAT(a, b) TQP_CONCAT_(a, b)

// Leaves the function with the error of `expression`, a Result of any kind.
#define TQP_TRY(expression)                                                                 \
  do {                                                                                      \
    if (auto&& tqp_try_ = (expression); !tqp_try_.ok()) return std::move(tqp_try_.error()); \
  } while (false)

// `TQP_ASSIGN(auto call, http.send(request));`: the value, or leaves the function with the error.
#define TQP_ASSIGN(declaration, expression) \
  TQP_ASSIGN_(declaration, expression, TQP_CONCAT(tqp_assign_, __LINE__))
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses
#define TQP_ASSIGN_(declaration, expression, name) \
  auto&& name = (expression);                      \
  if (!name.ok()) return std::move(name.error());  \
  declaration = name.take()
// NOLINTEND(bugprone-macro-parentheses)
