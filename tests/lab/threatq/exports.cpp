// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/exports.hpp"

#include <charconv>
#include <stdexcept>

namespace lab::threatq {

Exports::Exports(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    std::uint64_t id = 0;
    const auto read = std::from_chars(option.data(), option.data() + option.size(), id);
    const auto digits = static_cast<std::size_t>(read.ptr - option.data());
    const std::string rest = digits < option.size() ? option.substr(digits + 1) : "";
    const std::string token = rest.substr(0, rest.find(':'));
    if (read.ec != std::errc() || option[digits] != ':' || token.empty())
      throw std::runtime_error("an export must be given as ID:TOKEN or ID:TOKEN:COLLECTION");
    Export& added = exports_[id];
    added.token = token;
    if (rest.size() > token.size()) added.collection = rest.substr(token.size() + 1);
  }
}

Export* Exports::find(std::uint64_t id) {
  const auto found = exports_.find(id);
  return found == exports_.end() ? nullptr : &found->second;
}

}  // namespace lab::threatq
