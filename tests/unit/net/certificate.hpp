// SPDX-License-Identifier: Apache-2.0
// A self-signed certificate for tests of refusals.
#pragma once

#include <filesystem>
#include <string>

#include "unit/net/scripted_server.hpp"

namespace tq::test {

// For one name ("DNS:a.example" or "IP:127.0.0.1"), valid from and to these days from now.
ServerTls self_signed(const std::filesystem::path& folder, const std::string& name, int from_days,
                      int to_days);

}  // namespace tq::test
