// SPDX-License-Identifier: Apache-2.0
// The program `tqhost-shim`, as bytes inside tqhost: there is nothing to install beside it, and
// nothing that could be of another version. A constant; any thread.
#pragma once

#include <string_view>

namespace tq {

std::string_view shim_image();

}  // namespace tq
