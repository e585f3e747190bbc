// SPDX-License-Identifier: Apache-2.0
// FeedApi: the calls of Carbon Black Cloud's Feed Manager v2 and Watchlist Manager v3 that an
// exporter needs (paths and documents documented by the vendor or seen in its public clients). Each
// failure says what was tried and, for a 403, which permission the API key lacks. Home thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

namespace cb_edr {

struct FeedInfo {
  std::string id, name, provider_url, summary, category;
};

struct ReportHead {
  std::string id;
  int64_t timestamp_s = 0;
};

class FeedApi {
 public:
  FeedApi(const tqp::Http& http, const tqp::Run& run, std::string_view api_host,
          std::string_view org_key);

  tqp::Result<std::vector<FeedInfo>> feeds() const;
  // The id that the service made.
  tqp::Result<std::string> create_feed(const FeedInfo& feed) const;
  tqp::Result<void> update_feed(const FeedInfo& feed) const;

  // Ids and timestamps of all reports, as they stream in (the whole documents cross the network).
  tqp::Result<std::vector<ReportHead>> reports(std::string_view feed_id) const;
  tqp::Result<ReportHead> report(std::string_view feed_id, std::string_view report_id) const;

  // Replaces everything in the feed. One attempt per call but for refusals that certainly changed
  // nothing (429, 503).
  tqp::Result<void> replace_reports(std::string_view feed_id, const tqp::Body& body) const;
  tqp::Result<void> put_report(std::string_view feed_id, std::string_view report_id,
                               const tqp::Body& body) const;
  tqp::Result<void> delete_report(std::string_view feed_id,
                                  std::string_view report_id) const;  // gone is OK

  // Whether a watchlist subscribes to the feed; its id, or "".
  tqp::Result<std::string> find_watchlist(std::string_view feed_id) const;
  tqp::Result<std::string> create_watchlist(std::string_view feed_id, std::string_view name) const;

 private:
  struct Call {
    std::string_view what;        // "read the feeds"
    std::string_view permission;  // "org.feeds READ"
  };
  // Sends until the service has taken or refused it: 500 is tried a few times, as the vendor's
  // clients do.
  tqp::Result<tqp::Call> send(const tqp::Request& request, const Call& call) const;
  tqp::Result<void> done(const tqp::Request& request, const Call& call) const;
  tqp::Error refusal(tqp::Call& answer, const Call& call) const;
  tqp::Request authorised(tqp::Request request) const;

  tqp::Http http_;
  tqp::Run run_;
  std::string host_, feeds_, watchlists_;
};

}  // namespace cb_edr
