// SPDX-License-Identifier: Apache-2.0
#include "worker/walls.hpp"

#include "core/sanitized.hpp"
#include "shim/words.hpp"

namespace tq {

Json walls_json(const HostConfig& config, const Json& watched) {
  return {{"data_mb", kSanitized ? Json(nullptr) : Json(config.memory_mb)},
          {"held_mb", kSanitized ? Json(nullptr) : Json(config.memory_mb)},
          {"processes", kWorkerProcessesMost},
          {"open_files", config.open_files},
          {"core_file", false},
          {"watched", watched}};
}

std::string walls_text(const HostConfig& config, const Json& watched) {
  const std::string memory =
      kSanitized ? "memory without a bound (built with a sanitizer)"
                 : "memory " + std::to_string(config.memory_mb) +
                       " MB (data of each process; what all hold, shared memory included)";
  std::string out = memory + ", " + std::to_string(kWorkerProcessesMost) + " processes, " +
                    std::to_string(config.open_files) + " open files, no core file";
  if (watched == Json(false))
    out += "; /proc hides its processes: what they hold is not watched (docs/service.md)";
  return out;
}

}  // namespace tq
