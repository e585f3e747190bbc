// SPDX-License-Identifier: Apache-2.0
// RotatedFile: the file of a log. It is rotated by its size, and opened anew when its name stands
// for another file or for none, because somebody moved or deleted it. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace tq {

class RotatedFile {
 public:
  // E_CONFIG when the file cannot be written, naming path and user; also when it is no file.
  static Result<std::unique_ptr<RotatedFile>> open(std::filesystem::path file, uint64_t max_size_mb,
                                                   uint32_t keep);
  ~RotatedFile();

  // `line` without its end. A full disk costs the line and nothing else.
  void write(std::string_view line);

  // Whether it was opened anew. An error: it has to be, and cannot; the one before goes on.
  Result<bool> follow_name();

 private:
  struct Sink;
  RotatedFile(std::filesystem::path file, uint64_t max_size_mb, uint32_t keep);
  Result<void> open_sink();

  const std::filesystem::path file_;
  const uint64_t max_size_mb_;
  const uint32_t keep_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace tq
