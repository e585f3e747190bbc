// SPDX-License-Identifier: Apache-2.0
// ContractBreach: the first thing by which a plugin broke the contract, whether it heeds the answer
// or not. From then on its run has failed with that text, and nothing of it is sent or committed.
// Any thread; takes no memory, because memory may be what is missing.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

class ContractBreach {
 public:
  // Called once, on the thread of the call that broke it. REQUIRES: the plugin was not called yet.
  void on_first(std::function<void(const std::string& text)> told) { told_ = std::move(told); }

  // `text` opens with the call: "state.put: a key has at least one byte".
  void note(std::string_view text) noexcept;

  bool noted() const noexcept { return noted_.load(std::memory_order_acquire); }
  std::string text() const;
  // E_BUG with the text: how the run ends. REQUIRES: noted()
  Error error() const;

 private:
  std::mutex mutex_;
  std::atomic<bool> noted_{false};
  std::array<char, 512> text_{};  // written once, before noted_
  size_t bytes_ = 0;
  std::function<void(const std::string& text)> told_;
};

}  // namespace tq
