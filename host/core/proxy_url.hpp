// SPDX-License-Identifier: Apache-2.0
// The parts of a proxy's URL as people write it: "http://user:password@host:port". Pure functions;
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace tq {

struct ProxyUrl {
  std::string scheme;  // lower case; "http" where there is none
  bool has_user = false;
  std::string user, password;    // percent-decoded
  std::string written_password;  // as it stands in the URL
  std::string place;             // host and port, and what follows them
};

// Takes every text apart. The user ends at the last "@": a password may hold a "/" or an "@" of its
// own.
ProxyUrl split_proxy_url(std::string_view text);

// Why no proxy can be used by this, but for its host; empty: one can. Shows neither user nor
// password.
std::string proxy_url_problem(const ProxyUrl& url);

// How long the "scheme://" is that the text begins with; 0: it begins with none.
size_t scheme_mark(std::string_view url);

// "%41" becomes "A"; a "%" that begins no such code stays.
std::string percent_decode(std::string_view text);

}  // namespace tq
