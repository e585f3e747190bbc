// SPDX-License-Identifier: Apache-2.0
// LoaderCheck: asks the dynamic loader whether it would find what a plugin file needs: libraries,
// their versions, symbols. It looks in its trace mode, in a throw-away child with limits, at a
// private copy in memory: no constructor, no resolver and nothing else of the file runs. The child
// is this executable with the file preloaded, so that everything is there that a worker has; the
// file is not the main program, whose DT_AUDIT the loader would obey.
//
// One thread; owns its child, which ends with it. Never blocks but in wait().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

// A question that is being answered; tests have their own.
class PendingCheck {
 public:
  virtual ~PendingCheck() = default;
  // Readable when finished() may have come to another answer; -1: it tells nothing.
  virtual int fd() const = 0;
  // Takes up what has come, without waiting.
  virtual bool finished() = 0;
  // REQUIRES: finished(). E_CONFIG: what the file needs and is not there.
  virtual Result<void> verdict() const = 0;
};

class LoaderCheck : public PendingCheck {
 public:
  static constexpr uint64_t kLongestMs = 30'000;

  // False: this host's loader has no trace mode (musl, a static host), and start() gives a check
  // that has finished and says nothing against the file.
  static bool possible();
  // E_TRANSIENT: the file has another digest by now, or no child can be made.
  static Result<std::unique_ptr<PendingCheck>> start(const std::filesystem::path& file,
                                                     const std::string& digest);
  ~LoaderCheck() override;

  int fd() const override { return output_.get(); }
  bool finished() override;
  Result<void> verdict() const override;

 private:
  LoaderCheck() = default;
  void end_child();
  bool take_output();

  UniqueFd file_, output_;
  pid_t child_ = 0;  // 0: none any more
  uint64_t end_ms_ = 0;
  std::string text_;  // what the loader said
  int status_ = 0;    // of waitpid
  bool overdue_ = false;
};

using StartCheck = std::function<Result<std::unique_ptr<PendingCheck>>(
    const std::filesystem::path& file, const std::string& digest)>;

// Waits for the verdict of a check, at most LoaderCheck::kLongestMs.
Result<void> wait_for(PendingCheck& check);

// What the loader's output says against the file whose descriptor it was: empty: nothing. `known`:
// whether this process has a library of that path, whose troubles are not the plugin's.
std::string loader_refusal(std::string_view output,
                           const std::function<bool(std::string_view)>& known);

}  // namespace tq
