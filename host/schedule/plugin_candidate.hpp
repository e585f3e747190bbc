// SPDX-License-Identifier: Apache-2.0
// PluginWatch::Candidate: one file of the plugins folder while it is watched. Owned by PluginWatch;
// one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "load/loader_check.hpp"
#include "schedule/plugin_watch.hpp"

namespace tq {

// What a file looks like from outside; of the target when it is a link.
struct FileLook {
  int trouble = 0;  // errno, when it could not be looked at
  dev_t device = 0;
  ino_t number = 0;
  off_t size = -1;
  int64_t modified_ns = 0, changed_ns = 0;

  bool operator==(const FileLook&) const = default;
};

// Nothing when there is no such file, or a link to none. One that cannot be looked at for another
// reason, on a volume that has trouble, is not gone.
std::optional<FileLook> look_at(const std::filesystem::path& file);

struct PluginWatch::Candidate {
  enum class Stage { kSettling, kAsking, kGood, kRefused };

  bool settles() const {
    return (stage == Stage::kSettling || stage == Stage::kAsking) && !gone_since_ms;
  }

  Stage stage = Stage::kSettling;
  std::optional<FileLook> look;
  uint64_t since_ms = 0;  // when it came to look so, or was read first
  std::optional<uint64_t> gone_since_ms;
  std::string digest;  // of a first reading since it looks so; empty: none was good
  std::string reason;  // why it was refused, until it changes or is taken
  std::unique_ptr<PendingCheck> check;  // of kAsking
  std::optional<FoundPlugin> asked;     // what that is about
  std::optional<FoundPlugin> good;      // stays while the file is looked at anew
  std::optional<FoundPlugin> before;    // what was good until then
};

}  // namespace tq
