// SPDX-License-Identifier: Apache-2.0
// What a ThreatQ may answer about its proxy: a URL comes out of it, or nothing, or an error of one
// printable line.
#include <cctype>
#include <cstdlib>

#include "threatq/ui_proxy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = tq::parse_json({reinterpret_cast<const char*>(data), size}, "the answer");
  if (!json) return 0;
  const auto proxy = tq::parse_ui_proxy(*json);
  if (!proxy) {
    for (const char c : proxy.error().message)
      if (std::iscntrl(static_cast<unsigned char>(c)) != 0) std::abort();
  } else if (proxy->url.empty() ? !proxy->password.empty()
                                : proxy->url.find("://") == std::string::npos) {
    std::abort();
  }
  return 0;
}
