// SPDX-License-Identifier: Apache-2.0
// PluginStarts: what commands that start workers remember of the plugin files: which was chosen,
// and whether it could start. A file that could not is gone back from at the next start, as under
// the supervisor. Best effort: a record that cannot be written stops no run. One thread.
#pragma once

#include <map>
#include <string>

#include "cli/command.hpp"
#include "load/registry.hpp"
#include "worker/worker_process.hpp"

namespace tq {

class PluginStarts {
 public:
  // What it is given outlives it.
  PluginStarts(const CommandContext& context, const HostConfig& config, const Registry& registry)
      : context_(context), config_(config), registry_(registry) {}

  // A worker of the instance is to run this plugin.
  void note_chosen(const std::string& instance, const FoundPlugin& plugin);
  void note_end(const WorkerEnd& end);
  // Copies that nobody needs any more.
  void collect() const;

 private:
  struct Chosen {
    std::string id, digest;
  };

  const CommandContext& context_;
  const HostConfig& config_;
  const Registry& registry_;
  std::map<std::string, Chosen> chosen_;  // by instance
};

}  // namespace tq
