// SPDX-License-Identifier: Apache-2.0
// The service behind `tqlab cbc`: who may ask, which call it is, and the feed calls. Locks for
// itself.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lab/cbc/access.hpp"
#include "lab/cbc/cbc.hpp"
#include "lab/cbc/feed_store.hpp"
#include "lab/cbc/watchlists.hpp"

namespace lab::cbc {

class CbcService : public Service {
 public:
  explicit CbcService(const CbcOptions& options);

  Response handle(const Request& request) override;
  std::string dump(const Request& request) override;
  Response change(const Json& what) override;
  bool fault(const Json& what) override;
  std::string route(const Request& request) const override;

 private:
  using Path = std::vector<std::string>;  // segments

  Response answer(const Request& request);
  void admit(const Request& request, const Path& path);
  void require(const Request& request, const Path& path);

  Response feed_manager(const Request& request, const Path& path);
  Response feeds_call(const Request& request);
  Response feed_call(const Request& request, const std::string& feed_id);
  Response feedinfo_call(const Request& request, const std::string& feed_id);
  Response reports_call(const Request& request, const std::string& feed_id);
  Response report_call(const Request& request, const std::string& feed_id,
                       const std::string& report_id);

  Response create_feed(const std::string& body);
  Response replace_reports(const Request& request, const std::string& feed_id);
  Response put_report(const Request& request, const std::string& feed_id,
                      const std::string& report_id);

  Feed& feed(const std::string& id);
  const Reports& readable(const Feed& feed);
  void require_room(std::size_t reports) const;
  bool write_fails_in_ok();

  const CbcOptions options_;
  std::mutex mutex_;  // guards what follows
  Access access_;
  RateLimit rate_;
  FeedStore feeds_;
  Watchlists watchlists_{feeds_};
  std::size_t max_reports_ = kMaxReports;  // in a feed, at any time
  unsigned errors_in_ok_ = 0;              // writes still to fail with 200 and "errorMessage"
  unsigned stale_reads_ = 0;               // reads of reports still to be answered from `stale_`
  std::map<std::string, Reports> stale_;
};

}  // namespace lab::cbc
