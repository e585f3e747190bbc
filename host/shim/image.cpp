// SPDX-License-Identifier: Apache-2.0
#include "shim/image.hpp"

extern "C" {
extern const char tq_shim_image_begin[];
extern const char tq_shim_image_end[];
}

namespace tq {

std::string_view shim_image() {
  return {tq_shim_image_begin, static_cast<size_t>(tq_shim_image_end - tq_shim_image_begin)};
}

}  // namespace tq
