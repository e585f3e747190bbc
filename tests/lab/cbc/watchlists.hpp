// SPDX-License-Identifier: Apache-2.0
// The Watchlist Manager v3: watchlists, and what analysts set aside on feed reports. Not thread
// safe; the service locks.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lab/cbc/feed_store.hpp"
#include "lab/service.hpp"

namespace lab::cbc {

class Watchlists {
 public:
  explicit Watchlists(FeedStore& feeds) : feeds_(feeds) {}

  // `path` is what follows .../orgs/{org_key}/, in segments. Throws Refusal and Invalid.
  Response handle(const Request& request, const std::vector<std::string>& path);

  Json dump() const;

 private:
  Response create(const Json& document);
  Response update(Json& watchlist, const Json& document);
  Response one(const Request& request, const std::string& id);
  Response toggle(const Request& request, const std::string& id, const std::string& which);
  Response ignore(const Request& request, const std::string& key);
  Response severity(const Request& request, const std::string& report);
  Response report_call(const Request& request, const std::vector<std::string>& path);
  Json& find(const std::string& id);
  const StoredReport& find_report(const std::string& feed_and_report);

  FeedStore& feeds_;
  std::map<std::string, Json> watchlists_;
  std::size_t made_ = 0;
  std::set<std::string> ignored_;  // "<feed>-<report>" or "<feed>-<report>/<ioc>"
  std::map<std::string, int> severities_;
};

}  // namespace lab::cbc
