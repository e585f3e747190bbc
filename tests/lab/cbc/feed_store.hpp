// SPDX-License-Identifier: Apache-2.0
// The feeds and their reports. Not thread safe; the service locks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/cbc/report_reader.hpp"
#include "lab/service.hpp"

namespace lab::cbc {

struct FeedInfo {
  std::string id;
  std::string name;
  std::string provider_url;
  std::string summary;
  std::string category;
  bool alertable = true;
  Json source_label = nullptr;

  Json json(const std::string& org_key) const;
};

using Reports = std::map<std::string, StoredReport>;  // by id

struct Feed {
  FeedInfo info;
  Reports reports;
};

class FeedStore {
 public:
  // Null when there is none of that id.
  Feed* find(const std::string& id);
  const std::map<std::string, Feed>& all() const { return feeds_; }

  // The id of the new feed, never used before.
  std::string add(FeedInfo info, Reports reports);
  bool remove(const std::string& id) { return feeds_.erase(id) > 0; }

 private:
  std::map<std::string, Feed> feeds_;
  std::size_t made_ = 0;
};

// A report as the service answers it: optional members that are absent come as null.
void append_answered(const StoredReport& report, std::string& to);

// An answer: `before`, the array of all reports as the service answers them, and the closing brace.
std::string answered_list(std::string_view before, const Reports& reports);

// The array of all reports as clients sent them, and about how long it is.
void append_sent_list(const Reports& reports, std::string& to);
std::size_t text_bytes(const Reports& reports);

// Counts and digests, of all and by feed; the reports of a feed count in the order of their ids.
Json summary(const std::vector<const Feed*>& feeds);

// An id as the service makes them: letters and digits, opaque, the same in every run for the same
// arguments.
std::string made_id(const std::string& kind, std::size_t number);

}  // namespace lab::cbc
