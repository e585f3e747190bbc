// SPDX-License-Identifier: Apache-2.0
// A strict simulator of Carbon Black Cloud's Feed Manager v2 and Watchlist Manager v3.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lab/service.hpp"

namespace CLI {
class App;
}

namespace lab {

struct CbcOptions {
  std::string org_key;
  std::string api_id;
  std::string api_secret;
  std::vector<std::string> permissions;  // "org.feeds:READ"; empty: all that exist
  std::size_t max_body_mb = 0;           // 0: no bound but the lab's own
  unsigned rate = 0;                     // requests a window; 0: no limit
  unsigned rate_window_seconds = 300;
  unsigned gateway_timeout_ms = 0;  // a body that takes longer is answered 504; 0: never
  bool lenient_timestamps = false;  // PUT need not raise the timestamp
};

void add_cbc_options(CLI::App& app, CbcOptions& options);

std::unique_ptr<Service> make_cbc(const CbcOptions& options);

}  // namespace lab
