// SPDX-License-Identifier: Apache-2.0
// ConfigureLock: held while an instance is configured or removed, prompts included, so that nobody
// else does the same meanwhile: two at once would mix their passwords or make two records. A file
// beside the host file, which goes away with it. Moves; one thread.
#pragma once

#include <filesystem>

#include "core/file.hpp"
#include "core/result.hpp"
#include "schema/config.hpp"

namespace tq {

class ConfigureLock {
 public:
  // Makes the folder of the host file when it is missing. `name`: of the instance. E_TRANSIENT:
  // somebody else is at it, with the process's number.
  static Result<ConfigureLock> take(const ConfigSources& sources, const std::string& name);

  ConfigureLock(ConfigureLock&&) = default;
  ConfigureLock& operator=(ConfigureLock&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~ConfigureLock();

 private:
  ConfigureLock(std::filesystem::path file, FileLock lock)
      : file_(std::move(file)), lock_(std::move(lock)) {}

  std::filesystem::path file_;  // empty: moved away
  FileLock lock_;
};

}  // namespace tq
