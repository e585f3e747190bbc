// SPDX-License-Identifier: Apache-2.0
// ShimLink: the parent's end of what it and a shim say to each other. Never blocks. The shim takes
// its closing as the end of the parent. One thread.
#pragma once

#include <functional>

#include "core/file.hpp"
#include "core/result.hpp"
#include "shim/words.hpp"

namespace tq {

class ShimLink {
 public:
  ShimLink() = default;
  // With the order on its way; the other end goes to `theirs`.
  static Result<ShimLink> make(const ShimOrder& order, UniqueFd* theirs);

  int fd() const { return mine_.get(); }  // readable when the shim has said something; -1: closed
  void tell(ShimCommand command);
  // Gives each report that has come, and the descriptor that came along.
  void hear(const std::function<void(const ShimReport&, UniqueFd)>& take);

 private:
  UniqueFd mine_;
};

}  // namespace tq
