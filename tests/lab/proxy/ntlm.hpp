// SPDX-License-Identifier: Apache-2.0
// The server's half of NTLM (MS-NLMP), which takes the second version of the answer only. Names and
// passwords are ASCII. Pure but for randomness and the clock; any thread.
#pragma once

#include <string>

namespace lab {

struct NtlmAccount {
  std::string domain, user, password;
};

// 1 to 3, or 0: that is no message of NTLM. `message` is base64.
int ntlm_kind(const std::string& message);

// The second message; its eight bytes that the client has to work on go to `challenge`.
std::string ntlm_challenge(const std::string& domain, std::string* challenge);

// Whether the third message proves the account's password.
bool ntlm_proves(const std::string& message, const std::string& challenge,
                 const NtlmAccount& account);

}  // namespace lab
