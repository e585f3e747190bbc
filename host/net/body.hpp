// SPDX-License-Identifier: Apache-2.0
// Body: bytes of a request that can be sent again and whose length is known. BodyPool keeps the
// bodies of one instance: in memory while they are few, then in one unlinked file, so that
// thousands of them cost a few hundred bytes each. Written by one thread; read by any once
// finished.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace tq {

class Body {
 public:
  virtual ~Body() = default;

  virtual uint64_t size() const = 0;
  // Gives the bytes in order, in pieces; stops at the first failure of `take`.
  virtual Result<void> read(const std::function<Result<void>(std::string_view)>& take) const = 0;
};

std::shared_ptr<const Body> text_body(std::string_view bytes);

class WritableBody : public Body {
 public:
  virtual Result<void> write(
      std::string_view bytes) = 0;  // E_TRANSIENT when the disk is full, naming the folder
  // The whole content of `other`, a body of the same pool, by reference.
  virtual Result<void> append(const WritableBody& other) = 0;
};

class BodyPool {
 public:
  // `folder` for the unlinked file; `memory_bytes` is the bound over all bodies of the pool.
  static std::unique_ptr<BodyPool> create(const std::filesystem::path& folder, size_t memory_bytes);
  virtual ~BodyPool() = default;

  virtual std::shared_ptr<WritableBody> open() = 0;
};

}  // namespace tq
