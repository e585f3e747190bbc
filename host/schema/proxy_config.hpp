// SPDX-License-Identifier: Apache-2.0
// What the host file's /proxy says beyond its schema, and where it comes from when the file says
// nothing. Pure functions; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schema/config.hpp"
#include "schema/config_tree.hpp"

namespace tq {

// /proxy/url and /proxy/no_proxy from the variables that curl and Python know (https_proxy,
// no_proxy, ...), where nothing else has set them. null in the file is a word, too: none.
void apply_proxy_variables(const Environment& environment, ConfigTree* tree);

// Why this cannot be a proxy's URL; empty: it can. Never shows a password.
std::string proxy_problem(const std::string& url);

struct NoProxyWords {
  std::vector<std::string> good;
  // Which text of the list, and why it can never match.
  std::vector<std::pair<size_t, std::string>> bad;
};
NoProxyWords read_no_proxy(const std::vector<std::string>& texts);

}  // namespace tq
