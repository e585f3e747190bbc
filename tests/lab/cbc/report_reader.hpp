// SPDX-License-Identifier: Apache-2.0
// Reads reports as clients send them, strictly, and keeps of each its text and what the service
// needs to know of it. A reader serves one thread; it reuses its memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lab::cbc {

constexpr std::size_t kMaxReports = 10'000;      // in a feed
constexpr std::size_t kMaxIocs = 10'000;         // in a report
constexpr std::size_t kRecommendedIocs = 1'000;  // in a report

struct StoredReport {
  std::string id;
  std::shared_ptr<const std::string> body;  // the request body that it came in
  std::string_view text;                    // its JSON object there, byte for byte
  std::int64_t timestamp = 0;
  std::size_t iocs = 0;  // entries or values, whichever are more
  std::size_t repeated_ioc_ids = 0;
  bool has_link = false;
  bool has_tags = false;
  bool has_visibility = false;
};

// SHA-256 over what a report says, whatever the order of its members and its blanks.
struct ReportDigest {
  std::string all;
  std::string without_timestamp;
};

class ReportReader {
 public:
  ReportReader();
  ~ReportReader();

  // {"reports":[...]}. All throw Invalid.
  std::vector<StoredReport> bulk(const std::string& body);

  // {"feedinfo":{...},"reports":[...]}; feedinfo is handed back as text.
  std::vector<StoredReport> feed(const std::string& body, std::string& feedinfo);

  // One report, alone in its body.
  StoredReport single(const std::string& body);

  ReportDigest digest(const StoredReport& report);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace lab::cbc
