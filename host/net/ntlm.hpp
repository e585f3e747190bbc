// SPDX-License-Identifier: Apache-2.0
// The two messages of a client that logs in by NTLM (MS-NLMP, version 2 of the answer), as base64.
// Pure but for randomness and the clock; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

// The first message, which says what this side can.
std::string ntlm_hello();

// The last message, out of what the other side sent in between. The user is "DOMAIN\user",
// "user@domain" or a name in the domain that the other side gives. E_DATA: that is no challenge.
Result<std::string> ntlm_proof(const std::string& user, const std::string& password,
                               std::string_view challenge);

}  // namespace tq
