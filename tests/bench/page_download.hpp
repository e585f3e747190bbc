// SPDX-License-Identifier: Apache-2.0
// The floor of the export benchmark: a client that downloads the same pages and does nothing with
// them.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

// Logs in and reads everything by cursor in pages of 1,000; the number of bytes, 0 on failure.
uint64_t download_pages(const std::string& url, const std::string& ca_file, const std::string& user,
                        const std::string& password);

}  // namespace bench
