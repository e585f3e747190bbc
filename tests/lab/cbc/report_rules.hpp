// SPDX-License-Identifier: Apache-2.0
// A report as its parser sees it, and what the service demands of it. The views point into the
// parser's memory. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/cbc/refusal.hpp"
#include "lab/cbc/report_reader.hpp"

namespace lab::cbc {

struct Ioc {
  std::optional<std::string_view> id, match_type, field, link;
  std::optional<std::vector<std::string_view>> values;
};

struct Report {
  std::optional<std::string_view> id, title, description, link, visibility;
  std::optional<bool> legacy;  // it has "iocs"
  std::optional<std::int64_t> timestamp, severity;
  std::optional<std::vector<std::string_view>> tags;
  std::optional<std::vector<Ioc>> iocs;
};

std::string in_quotes(std::string_view text);

[[noreturn]] void refuse(const std::string& why);  // throws Invalid

template <class T>
const T& required(const std::optional<T>& member, const char* name) {
  if (!member) refuse(std::string("member \"") + name + "\" is missing");
  return *member;
}

// Checks everything and writes what the service keeps beside the text. Throws Invalid.
void check_report(const Report& report, StoredReport& stored);

}  // namespace lab::cbc
