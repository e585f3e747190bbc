// SPDX-License-Identifier: Apache-2.0
// Host: the services of the core, looked up once when the plugin is created. Small values that may
// be copied; they live as long as the instance. Log and Run: any thread; Config and State: home
// thread.
#pragma once

#include <tqp/result.hpp>

#include <array>
#include <charconv>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace tqp {

// Where a range leaves a failure that nobody asked for; the facet call then fails with it.
struct Unclaimed {
  std::optional<Error> error{};
};

inline Error not_served(std::string_view service) {
  return Error{TQP_E_UNSUPPORTED, "this host does not offer the service " + std::string(service)};
}

// A key and a value of a log line.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), text_(value) {}
  Field(std::string_view key, const char* value) : key_(key), text_(value) {}
  Field(std::string_view key, bool value) : key_(key), text_(value ? "true" : "false") {}
  template <typename N,
            std::enable_if_t<std::is_arithmetic_v<N> && !std::is_same_v<N, bool>, int> = 0>
  Field(std::string_view key, N value) : key_(key) {
    length_ = static_cast<size_t>(
        std::to_chars(number_.data(), number_.data() + number_.size(), value).ptr - number_.data());
  }
  tqp_kv kv() const {
    return {to_str(key_), length_ == 0 ? to_str(text_) : tqp_str{number_.data(), length_}};
  }

 private:
  std::string_view key_, text_{};
  std::array<char, 32> number_{};
  size_t length_ = 0;
};

class Log {
 public:
  Log() = default;
  Log(tqp_host_ctx* ctx, const tqp_log* table) : ctx_(ctx), table_(table) {}

  bool enabled(int32_t level) const {
    return table_ != nullptr && table_->enabled(ctx_, level) != 0;
  }
  void write(int32_t level, std::string_view text, std::initializer_list<Field> fields = {}) const {
    if (!enabled(level)) return;
    std::array<tqp_kv, kMaxFields> kv;
    size_t n = 0;
    for (const Field& field : fields) {
      if (n < kMaxFields) kv[n++] = field.kv();
    }
    table_->write(ctx_, level, to_str(text), n == 0 ? nullptr : kv.data(), n);
  }
  void debug(std::string_view text, std::initializer_list<Field> f = {}) const {
    write(TQP_LOG_DEBUG, text, f);
  }
  void info(std::string_view text, std::initializer_list<Field> f = {}) const {
    write(TQP_LOG_INFO, text, f);
  }
  void warning(std::string_view text, std::initializer_list<Field> f = {}) const {
    write(TQP_LOG_WARNING, text, f);
  }
  void error(std::string_view text, std::initializer_list<Field> f = {}) const {
    write(TQP_LOG_ERROR, text, f);
  }

 private:
  static constexpr size_t kMaxFields = 16;
  tqp_host_ctx* ctx_ = nullptr;
  const tqp_log* table_ = nullptr;
};

// As it was named in Run::reject.
struct RefusedItem {
  std::string type, value;
};

class Run {
 public:
  Run() = default;
  Run(tqp_host_ctx* ctx, const tqp_run* table) : ctx_(ctx), table_(table) {}

  const tqp_run_info& info() const { return *table_->info(ctx_); }
  bool dry() const { return (info().flags & (TQP_RUN_DRY | TQP_RUN_CHECK)) != 0; }
  bool full() const { return (info().flags & TQP_RUN_FULL) != 0; }
  bool no_record() const { return (info().flags & TQP_RUN_NO_RECORD) != 0; }
  bool adopt() const { return (info().flags & TQP_RUN_ADOPT) != 0; }
  bool relearn() const { return (info().flags & TQP_RUN_RELEARN) != 0; }
  bool repair() const { return (info().flags & TQP_RUN_REPAIR) != 0; }
  std::string_view instance() const { return to_view(info().instance); }
  std::optional<int64_t> historical_ms() const {
    const int64_t at_ms = info().historical_ms;
    return at_ms == INT64_MIN ? std::nullopt : std::optional(at_ms);
  }

  bool cancelled() const { return table_->cancelled(ctx_) != 0; }
  // `TQP_TRY(run.go_on());` once a batch: leaves the facet when stop was asked for.
  Result<void> go_on() const {
    if (cancelled()) return Error{TQP_CANCELLED, "stop was asked for"};
    return {};
  }
  void progress(uint64_t done, uint64_t total, std::string_view text) const {
    table_->progress(ctx_, done, total, to_str(text));
  }
  int64_t now_ms() const { return table_->now_ms(ctx_); }
  uint64_t mono_ms() const { return table_->mono_ms(ctx_); }
  Result<void> random(void* out, size_t n) const {
    const tqp_status status = table_->random(ctx_, out, n);
    if (status == TQP_OK) return {};
    return Error{status, "cannot get random bytes of the host"};
  }
  Result<void> sleep_ms(uint64_t ms) const {
    const tqp_status status = table_->sleep_ms(ctx_, ms);
    if (status == TQP_OK) return {};
    return Error{status, "the wait was broken off"};
  }
  void ready() const { table_->ready(ctx_); }
  void count(int32_t what, uint64_t n = 1, std::string_view reason = {}) const {
    table_->count(ctx_, what, to_str(reason), n);
  }
  void reject(std::string_view type, std::string_view value, std::string_view reason) const {
    table_->reject(ctx_, to_str(type), to_str(value), to_str(reason));
  }
  // The remote took it: with the next commit it is no dead letter any more, if it was one.
  void accept(std::string_view type, std::string_view value) const {
    if (TQP_HAS(table_, accept)) table_->accept(ctx_, to_str(type), to_str(value));
  }
  // The next item that a person wants offered again; nothing after the last.
  Result<std::optional<RefusedItem>> next_retry() const {
    if (!TQP_HAS(table_, next_retry)) return std::optional<RefusedItem>();
    Fault fault;
    tqp_str type{}, value{};
    const tqp_status status = table_->next_retry(ctx_, &type, &value, fault.raw());
    if (status == TQP_END) return std::optional<RefusedItem>();
    if (status != TQP_OK) return fault.as(status);
    return std::optional<RefusedItem>({std::string(to_view(type)), std::string(to_view(value))});
  }
  // For a plugin whose runs offer what was refused again on their own: this one did.
  Result<void> take_all_retries() const {
    while (true) {
      TQP_ASSIGN(const auto item, next_retry());
      if (!item.has_value()) return {};
    }
  }

 private:
  tqp_host_ctx* ctx_ = nullptr;
  const tqp_run* table_ = nullptr;
};

// Settings by JSON pointer. The plain readers fail with E_CONFIG when the setting has no value;
// those with a fallback do not.
class Config {
 public:
  Config() = default;
  Config(tqp_host_ctx* ctx, const tqp_config* table) : ctx_(ctx), table_(table) {}

  Result<std::string> text(std::string_view pointer) const {
    return needed(find_text(pointer), pointer);
  }
  Result<int64_t> integer(std::string_view pointer) const {
    return needed(find_integer(pointer), pointer);
  }
  Result<bool> boolean(std::string_view pointer) const {
    return needed(find_boolean(pointer), pointer);
  }

  Result<std::string> text(std::string_view pointer, std::string_view fallback) const {
    return or_else(find_text(pointer), std::string(fallback));
  }
  Result<int64_t> integer(std::string_view pointer, int64_t fallback) const {
    return or_else(find_integer(pointer), fallback);
  }
  Result<bool> boolean(std::string_view pointer, bool fallback) const {
    return or_else(find_boolean(pointer), fallback);
  }

  // The elements of a list of texts; empty when it is not set.
  Result<std::vector<std::string>> list(std::string_view pointer) const {
    TQP_ASSIGN(const uint32_t n, count(pointer));
    std::vector<std::string> items;
    for (uint32_t i = 0; i < n; ++i) {
      TQP_ASSIGN(std::string item, text(std::string(pointer) + "/" + std::to_string(i)));
      items.push_back(std::move(item));
    }
    return items;
  }
  // The member names of an object; empty when it is not set.
  Result<std::vector<std::string>> keys(std::string_view pointer) const {
    TQP_ASSIGN(const uint32_t n, count(pointer));
    std::vector<std::string> names;
    for (uint32_t i = 0; i < n; ++i) {
      Fault fault;
      std::string name;
      const tqp_status status = table_->key(ctx_, to_str(pointer), i, sink_to(name), fault.raw());
      if (status != TQP_OK) return fault.as(status);
      names.push_back(std::move(name));
    }
    return names;
  }
  Result<uint32_t> count(std::string_view pointer) const {
    Fault fault;
    uint32_t n = 0;
    const tqp_status status = table_->count(ctx_, to_str(pointer), &n, fault.raw());
    if (status == TQP_END) return uint32_t{0};
    if (status != TQP_OK) return fault.as(status);
    return n;
  }

 private:
  template <typename T>
  using Found = Result<std::optional<T>>;

  Found<std::string> find_text(std::string_view pointer) const {
    Fault fault;
    std::string out;
    const tqp_status status = table_->text(ctx_, to_str(pointer), sink_to(out), fault.raw());
    return found(status, fault, std::move(out));
  }
  Found<int64_t> find_integer(std::string_view pointer) const {
    Fault fault;
    int64_t out = 0;
    const tqp_status status = table_->integer(ctx_, to_str(pointer), &out, fault.raw());
    return found(status, fault, out);
  }
  Found<bool> find_boolean(std::string_view pointer) const {
    Fault fault;
    int32_t out = 0;
    const tqp_status status = table_->boolean(ctx_, to_str(pointer), &out, fault.raw());
    return found(status, fault, out != 0);
  }
  template <typename T>
  static Found<T> found(tqp_status status, const Fault& fault, T value) {
    if (status == TQP_OK) return std::optional<T>(std::move(value));
    if (status == TQP_END) return std::optional<T>();
    return fault.as(status);
  }
  template <typename T>
  static Result<T> needed(Found<T> found, std::string_view pointer) {
    if (!found.ok()) return std::move(found.error());
    if (found->has_value()) return std::move(**found);
    Error error{TQP_E_CONFIG, "setting " + std::string(pointer) +
                                  " has no value: set it in the instance's configuration"};
    error.field = pointer;
    return error;
  }
  template <typename T>
  static Result<T> or_else(Found<T> found, T fallback) {
    if (!found.ok()) return std::move(found.error());
    return std::move(*found).value_or(std::move(fallback));
  }

  tqp_host_ctx* ctx_ = nullptr;
  const tqp_config* table_ = nullptr;
};

}  // namespace tqp
