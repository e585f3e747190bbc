// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. The one way to report failure inside the host; exceptions stay in
// the module whose library throws them. Statuses are those of the plugin ABI, because each one says
// what the host does next.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tq {

// Numbers are those of the ABI (sdk/include/tqp/plugin.h); services/ asserts that they agree.
enum class Status : int32_t {
  kOk = 0,
  kCancelled = 1,
  kEnd = 2,
  kAgain = 3,
  kSkipped = 4,
  kConfig = 16,
  kAuth = 17,
  kTransient = 18,
  kLimited = 19,
  kData = 20,
  kUnsupported = 21,
  kDenied = 22,
  kBug = 31,
};

// "E_CONFIG" and so on, as people see it in logs and run records.
std::string_view status_name(Status status);

struct Error {
  Status status = Status::kBug;
  std::string message;          // what failed, on what, why, what to do next; never a secret
  std::string field{};          // JSON pointer into the instance's configuration, or empty
  int http_status = 0;          // what the remote answered, or 0
  uint64_t retry_after_ms = 0;  // for kLimited

  // The same error with "context: " in front of its message.
  Error in(std::string_view context) &&;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : data_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error)
      : data_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok()
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  T&& take() {
    assert(ok());
    return std::move(*std::get_if<0>(&data_));
  }

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
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

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

}  // namespace tq

#define TQ_CONCAT_(a, b) a##b
#define TQ_CONCAT(a, b) TQ_CONCAT_(a, b)

// Leaves the function with the error of `expression`, a Result of any kind.
#define TQ_TRY(expression)                                   \
  do {                                                       \
    if (auto tq_try_result_ = (expression); !tq_try_result_) \
      return std::move(tq_try_result_.error());              \
  } while (false)

// `TQ_ASSIGN(auto page, client.next())`: the value, or leaves the function with the error.
#define TQ_ASSIGN(declaration, expression) \
  TQ_ASSIGN_(declaration, expression, TQ_CONCAT(tq_assign_result_, __LINE__))
#define TQ_ASSIGN_(declaration, expression, name) \
  auto name = (expression);                       \
  if (!name) return std::move(name.error());      \
  declaration = name.take()
