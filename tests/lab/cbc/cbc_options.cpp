// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "lab/cbc/access.hpp"
#include "lab/cbc/cbc.hpp"

namespace lab {

void add_cbc_options(CLI::App& app, CbcOptions& options) {
  app.add_option("--org-key", options.org_key, "The organisation's key")->required();
  app.add_option("--api-id", options.api_id, "API id of the one key that is known")->required();
  app.add_option("--api-secret", options.api_secret, "API secret key of it")->required();
  app.add_option("--permission", options.permissions,
                 "What the key may do; repeatable; default: all")
      ->check(CLI::IsMember(cbc::all_permissions()));
  app.add_option("--max-body-mb", options.max_body_mb, "Larger bodies are answered 413");
  app.add_option("--rate", options.rate,
                 "Requests allowed in a sliding window; more are answered 429");
  app.add_option("--rate-window", options.rate_window_seconds, "Length of that window in seconds")
      ->check(CLI::Range(1U, 3600U))
      ->capture_default_str();
  app.add_option("--gateway-timeout-ms", options.gateway_timeout_ms,
                 "Requests whose body takes longer are answered 504");
  app.add_flag("--lenient-timestamps", options.lenient_timestamps,
               "Accept changed reports whose timestamp is not newer");
}

}  // namespace lab
