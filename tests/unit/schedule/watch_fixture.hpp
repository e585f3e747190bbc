// SPDX-License-Identifier: Apache-2.0
// A plugins folder and who watches it. Files are real, time is not: it comes in with each look.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "schedule/plugin_watch.hpp"
#include "worker/offer.hpp"

namespace tq {

constexpr uint64_t kSettle = PluginWatch::kSettleMs;

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What the dynamic loader says, at once or when a test lets it.
struct LoaderSays {
  std::string refusal;  // empty: it would take the file
  bool answers = true;  // false: it is still looking
  size_t asked = 0;
};

class SaidCheck : public PendingCheck {
 public:
  explicit SaidCheck(const LoaderSays& says) : says_(says) {}
  int fd() const override { return -1; }
  bool finished() override { return says_.answers; }
  Result<void> verdict() const override {
    return says_.refusal.empty() ? Result<void>() : Error{Status::kConfig, says_.refusal};
  }

 private:
  const LoaderSays& says_;
};

class Watch : public testing::Test {
 protected:
  Watch() {
    std::string pattern = testing::TempDir() + "watch-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
    root_ = pattern;
    std::filesystem::create_directory(plugins());
    std::filesystem::permissions(plugins(), std::filesystem::perms::owner_all);
    watch_.emplace(plugins(), root_ / "state", host_offer(), check_);
  }
  ~Watch() override { std::filesystem::remove_all(root_); }

  std::filesystem::path plugins() const { return root_ / "plugins"; }
  std::filesystem::path file(const std::string& name = "tiny.so") const { return plugins() / name; }

  void rename_into_place(const std::filesystem::path& from, const std::string& name = "tiny.so") {
    std::filesystem::copy_file(from, root_ / "draft",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(root_ / "draft", file(name));
  }
  void write(const std::string& bytes, const std::string& name = "tiny.so") {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << bytes;
  }

  // What a look tells that comes so much later: "taken tiny", "refused ", ...
  std::vector<std::string> after(uint64_t milliseconds) {
    now_.wall_ms += static_cast<int64_t>(milliseconds);
    now_.mono_ms += milliseconds;
    return look(/*all=*/true);
  }
  // What a host tells that looks when its time has come or something happened, and not otherwise.
  std::vector<std::string> live(uint64_t milliseconds) {
    std::vector<std::string> out;
    const uint64_t end_ms = now_.mono_ms + milliseconds;
    for (looks_ = 0;; ++looks_) {
      for (const std::string& change : look(/*all=*/false)) out.push_back(change);
      const uint64_t left_ms = end_ms - now_.mono_ms;
      const uint64_t wait_ms = std::min(watch_->due().wait_ms(now_), left_ms);
      now_.wall_ms += static_cast<int64_t>(wait_ms);
      now_.mono_ms += wait_ms;
      if (left_ms == 0) return out;
    }
  }
  std::vector<std::string> look(bool all) {
    std::vector<std::string> out;
    for (const PluginChange& change : watch_->look(now_, all)) {
      const char* const word = change.kind == PluginChange::Kind::kTaken     ? "taken "
                               : change.kind == PluginChange::Kind::kRefused ? "refused "
                               : change.kind == PluginChange::Kind::kWarning ? "warned "
                                                                             : "removed ";
      out.push_back(word + change.id);
      reason_ = change.reason;
    }
    return out;
  }
  // As long as it takes until a file that stands still is taken.
  std::vector<std::string> settle() {
    std::vector<std::string> out;
    for (int i = 0; i < 4; ++i)
      for (const std::string& change : after(kSettle)) out.push_back(change);
    return out;
  }
  std::string digest() const {
    const TakenPlugin* const taken = watch_->find("tiny");
    return taken == nullptr ? "" : taken->plugin.digest;
  }

  std::filesystem::path root_;
  LoaderSays loader_;
  const StartCheck check_ = [this](const std::filesystem::path&, const std::string&) {
    ++loader_.asked;
    return Result<std::unique_ptr<PendingCheck>>(std::make_unique<SaidCheck>(loader_));
  };
  // The files' own times are the real ones, so at the first look they seem to have just changed.
  Moment now_{0, 1'000'000};
  std::optional<PluginWatch> watch_;
  std::string reason_;  // of the last change
  int looks_ = 0;       // of the last live()
};

}  // namespace tq
