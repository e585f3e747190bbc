// SPDX-License-Identifier: Apache-2.0
// A throw-away CA and a server certificate of it for 127.0.0.1, ::1, localhost and, for tests
// through the proxy, *.tqlab.example; kept in a folder.
#pragma once

#include <filesystem>

namespace lab {

struct TlsFiles {
  std::filesystem::path ca;           // PEM, what clients trust
  std::filesystem::path certificate;  // PEM
  std::filesystem::path key;          // PEM, mode 0600
};

// Makes the folder and the files when absent; several processes may do so at once. Throws
// std::runtime_error.
TlsFiles tls_files(const std::filesystem::path& folder);

}  // namespace lab
