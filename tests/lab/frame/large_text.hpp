// SPDX-License-Identifier: Apache-2.0
// Memory for texts of many megabytes. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace lab {

// Reserves, and asks the kernel for huge pages behind a large text: first touches cost more than
// parsing otherwise.
void reserve_large(std::string& text, std::size_t bytes);

}  // namespace lab
