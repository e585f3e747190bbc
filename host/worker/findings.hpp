// SPDX-License-Identifier: Apache-2.0
// Findings: the host's side of tqp_findings: takes what a verification finds, counts all of it and
// keeps the first items that are not the same, as text that may be shown. Home thread: calls from
// another thread change nothing and fail the verification. What it is given outlives it.
#pragma once

#include <tqp/plugin.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "log/log.hpp"
#include "store/verify_record.hpp"

namespace tq {

class Findings {
 public:
  explicit Findings(Log& log);
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  // For the plugin's verify; lives as long as this does.
  const tqp_findings* table() const { return &table_; }

  // E_BUG when the plugin told something that this host does not know, or told it in a way that the
  // contract forbids: the counts then say nothing.
  Result<void> whole() const;
  const VerifyCounts& counts() const { return counts_; }
  const std::vector<VerifyFinding>& kept() const { return kept_; }
  uint64_t left_out() const;

 private:
  static void found(void* ctx, int32_t how, uint64_t n, tqp_str type, tqp_str value,
                    tqp_str detail);
  void take(int32_t how, uint64_t n, std::string_view type, std::string_view value,
            std::string_view detail);
  std::string shown(std::string_view text, size_t bytes_most) const;

  Log& log_;
  const std::thread::id home_ = std::this_thread::get_id();
  tqp_findings table_{};
  VerifyCounts counts_;
  std::vector<VerifyFinding> kept_;
  std::atomic<const char*> misuse_{nullptr};  // what the contract forbids; a literal
  int32_t unknown_ = 0;  // a kind of finding that this host does not know; 0: none was told
};

}  // namespace tq
