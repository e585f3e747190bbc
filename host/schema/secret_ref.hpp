// SPDX-License-Identifier: Apache-2.0
// The forms of a secret in a configuration, and who may read a file that holds one. Any thread.
#pragma once

#include <filesystem>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

// `{"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME}`, for messages.
std::string secret_kinds();

// Why an object is no reference, or "".
std::string reference_defect(const Json& object);

// E_CONFIG unless the file is ours or root's and closed to everybody else; says what to type.
Result<void> check_private(const std::filesystem::path& file, const std::string& what);

}  // namespace tq
