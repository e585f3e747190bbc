// SPDX-License-Identifier: Apache-2.0
// State: what the instance remembers, in transactions; Scan: its keys in order. Home thread. A Scan
// owns its handle and must end before the instance does.
#pragma once

#include <tqp/host.hpp>

namespace tqp {

// Usage: while (scan.next()) { use scan.key(), scan.value() }, then TQP_TRY(scan.result()).
class Scan {
 public:
  Scan(const tqp_state* table, tqp_scan* scan, Unclaimed* unclaimed)
      : table_(table), scan_(scan), unclaimed_(unclaimed) {}
  Scan(Scan&& other) noexcept
      : table_(other.table_),
        scan_(std::exchange(other.scan_, nullptr)),
        unclaimed_(other.unclaimed_),
        key_(other.key_),
        value_(other.value_),
        error_(std::exchange(other.error_, std::nullopt)) {}
  Scan& operator=(Scan&&) = delete;
  ~Scan() {
    table_->scan_close(scan_);
    if (error_.has_value()) unclaimed_->error = std::move(error_);
  }

  // False at the end and after a failure: result() tells which.
  bool next() {
    if (error_.has_value()) return false;
    Fault fault;
    const tqp_status status = table_->scan_next(scan_, &key_, &value_, fault.raw());
    if (status != TQP_OK && status != TQP_END) error_ = fault.as(status);
    return status == TQP_OK;
  }
  std::string_view key() const { return to_view(key_); }      // until the next call of next()
  std::string_view value() const { return to_view(value_); }  // likewise

  Result<void> result() {
    if (!error_.has_value()) return {};
    return *std::exchange(error_, std::nullopt);
  }

 private:
  const tqp_state* table_;
  tqp_scan* scan_;
  Unclaimed* unclaimed_;
  tqp_str key_{}, value_{};
  std::optional<Error> error_{};
};

class State {
 public:
  State() = default;
  State(tqp_host_ctx* ctx, const tqp_state* table, Unclaimed* unclaimed)
      : ctx_(ctx), table_(table), unclaimed_(unclaimed) {}

  // Into `out`, which is cleared first; false when the key is absent.
  Result<bool> get(std::string_view key, std::string& out) const {
    Fault fault;
    out.clear();
    const tqp_status status = table_->get(ctx_, to_str(key), sink_to(out), fault.raw());
    if (status == TQP_END) return false;
    if (status != TQP_OK) return fault.as(status);
    return true;
  }
  Result<std::optional<std::string>> get(std::string_view key) const {
    std::string value;
    TQP_ASSIGN(const bool present, get(key, value));
    if (!present) return std::optional<std::string>();
    return std::optional<std::string>(std::move(value));
  }
  Result<void> put(std::string_view key, std::string_view value) const {
    Fault fault;
    return fault.done(table_->put(ctx_, to_str(key), to_str(value), fault.raw()));
  }
  Result<void> erase(std::string_view key) const {
    Fault fault;
    return fault.done(table_->erase(ctx_, to_str(key), fault.raw()));
  }
  Result<Scan> scan(std::string_view prefix) const {
    Fault fault;
    tqp_scan* scan = nullptr;
    const tqp_status status = table_->scan(ctx_, to_str(prefix), &scan, fault.raw());
    if (status != TQP_OK) return fault.as(status);
    return Scan(table_, scan, unclaimed_);
  }
  Result<void> commit() const {
    Fault fault;
    return fault.done(table_->commit(ctx_, fault.raw()));
  }
  void rollback() const { table_->rollback(ctx_); }

 private:
  tqp_host_ctx* ctx_ = nullptr;
  const tqp_state* table_ = nullptr;
  Unclaimed* unclaimed_ = nullptr;
};

}  // namespace tqp
