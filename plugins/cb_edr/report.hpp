// SPDX-License-Identifier: Apache-2.0
// Report: the indicators between two boundaries, collected row by row, then digested and, only when
// the digest is new, written as JSON. Each value is one IOC, that of the lowest id; indicators with
// the same value share it. One thread; the buffers are reused from report to report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "digest.hpp"
#include "normalise.hpp"
#include "value_index.hpp"

namespace cb_edr {

// What all reports of one collection have in common.
struct ReportFrame {
  std::string collection;
  std::string link_base;  // empty: no links
  std::vector<std::string> tags;
};

constexpr size_t kLongestValue = 255;  // bytes of an IOC's value; a domain has at most 253

// An IOC is named by its indicator.
constexpr std::string_view kIocPrefix = "tq-";
uint64_t indicator_of(std::string_view ioc_id);  // 0: it is none of ours

class Report {
 public:
  // Starts anew behind the boundary `opening_id` (0: the collection's beginning).
  void open(uint64_t opening_id);

  // Indicators come in the order of their ids. False when it shares the IOC of one before it.
  // REQUIRES: value is in normal form.
  bool add(uint64_t id, Field field, std::string_view value, int64_t updated_ms);

  // Its last indicator is this one, which shares an IOC.
  void end_at(uint64_t last_id) { last_id_ = last_id; }

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }  // of IOCs
  uint64_t opening_id() const { return opening_id_; }
  uint64_t last_id() const { return last_id_; }
  int64_t newest_updated_ms() const { return newest_updated_ms_; }

  std::string title(const ReportFrame& frame) const;
  static std::string description(const ReportFrame& frame, const Digest& digest);

  // Of everything that is sent but the timestamp.
  Digest digest(const ReportFrame& frame, int severity) const;

  // The JSON document without its beginning (`head`), into `out`. REQUIRES: digest is digest().
  void tail(const ReportFrame& frame, int severity, const Digest& digest, std::string* out) const;

  // `{"id":ID,"timestamp":SECONDS,`: apart from the tail, because the timestamp is known only when
  // it is sent.
  static std::string head(std::string_view report_id, int64_t timestamp_s);

  // The digest as the description tells it: what stands in the feed says of itself which content it
  // has, so that after a write of unknown outcome one look is enough.
  static std::string revision(const Digest& digest);
  // The revision in a description, or "".
  static std::string_view revision_in(std::string_view description);

 private:
  template <typename Visit>
  void each(Visit visit) const;

  uint64_t opening_id_ = 0;
  uint64_t first_id_ = 0;
  uint64_t last_id_ = 0;      // of all indicators
  uint64_t last_ioc_id_ = 0;  // of those that have an IOC of their own
  size_t count_ = 0;
  int64_t newest_updated_ms_ = 0;
  std::string rows_;  // id (8 bytes), field, length, value
  ValueIndex values_;
};

}  // namespace cb_edr
