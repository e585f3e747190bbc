// SPDX-License-Identifier: Apache-2.0
// MD4 (RFC 1320), which NTLM hashes passwords with and OpenSSL 3 keeps in a part of its own that
// need not be there. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace lab {

std::string md4(std::string_view bytes);  // 16 raw bytes

}  // namespace lab
