// SPDX-License-Identifier: Apache-2.0
// NoProxy: hosts that are reached without the proxy, as one word of a no_proxy list says. A value;
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tq {

class NoProxy {
 public:
  // "*", a host or an address, ".suffix" or "*.suffix", a net as "10.0.0.0/8", "2001:db8::/32",
  // "10." or "10.99.0.*"; all but nets with "/" may have a ":port" behind them. A dot that ends a
  // name says nothing; a name outside ASCII is taken by its A-labels. E_CONFIG: it can never match,
  // with the reason.
  static Result<NoProxy> parse(std::string_view word);

  // `host` as an Origin has it: lower case, IPv6 without brackets.
  bool exempts(const std::string& host, uint16_t port) const;

 private:
  enum class Kind { kAny, kHost, kSuffix, kNet };

  Kind kind_ = Kind::kAny;
  std::string text_;              // of a host or ".suffix"; of a net its address, as bytes
  size_t bits_ = 0;               // of a net
  std::optional<uint16_t> port_;  // none: every port
};

// The words of texts that hold several, with commas or blanks between them.
std::vector<std::string> no_proxy_words(std::string_view text);

}  // namespace tq
