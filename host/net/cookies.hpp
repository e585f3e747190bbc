// SPDX-License-Identifier: Apache-2.0
// CookieJar: the cookies that redirecting answers set for the further way of their one request.
// Each goes back to the origin that set it and to nobody else, whatever its Domain says, and all
// are forgotten with the request. Bounded in number and size. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace tq {

class CookieJar {
 public:
  // What the answer of `from` sets; one that is over already takes its cookie away.
  void take(const Url& from, const HttpResponse& answer, int64_t now_ms);

  // Adds those for `to`, to a Cookie header that is there already, too; of a name the jar's counts.
  void add_to(Headers* headers, const Url& to) const;

 private:
  struct Cookie {
    Origin origin;
    std::string path, name, value;
  };

  void take_one(const Url& from, std::string_view set_cookie, int64_t now_ms);

  std::vector<Cookie> cookies_;
};

}  // namespace tq
