// SPDX-License-Identifier: Apache-2.0
// FeedApi: the calls of Carbon Black Cloud's Feed Manager v2 and Watchlist Manager v3 that an
// exporter needs (paths and documents documented by the vendor or seen in its public clients). Each
// failure says what was tried and, for a 403, which permission the API key lacks. Home thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

#include "answers.hpp"

namespace cb_edr {

// Of the watchlists that create_watchlist() makes: they are known again by it.
constexpr std::string_view kWatchlistDescription = "Indicators of ThreatQ, exported by tqhost";

class FeedApi {
 public:
  FeedApi(const tqp::Http& http, const tqp::Run& run, std::string_view api_host,
          std::string_view org_key);

  tqp::Result<std::vector<FeedInfo>> feeds() const;
  // The id that the service made.
  tqp::Result<std::string> create_feed(const FeedInfo& feed) const;
  tqp::Result<void> update_feed(const FeedInfo& feed) const;
  // With all its reports. One that is not there is OK, as with everything that is deleted below.
  tqp::Result<void> delete_feed(std::string_view feed_id) const;

  // The heads of all reports, as they stream in (the whole documents cross the network).
  tqp::Result<std::vector<ReportHead>> reports(std::string_view feed_id) const;
  tqp::Result<ReportHead> report(std::string_view feed_id, std::string_view report_id) const;

  // What stands as that IOC of a report, or nothing.
  tqp::Result<std::optional<Ioc>> ioc(std::string_view feed_id, std::string_view report_id,
                                      std::string_view ioc_id) const;

  // Replaces everything in the feed. One attempt, but after answers that certainly changed nothing.
  tqp::Result<void> replace_reports(std::string_view feed_id, const tqp::Body& body) const;
  tqp::Result<void> put_report(std::string_view feed_id, std::string_view report_id,
                               const tqp::Body& body) const;
  tqp::Result<void> delete_report(std::string_view feed_id, std::string_view report_id) const;

  tqp::Result<std::vector<WatchlistInfo>> watchlists() const;
  // Whether a watchlist subscribes to the feed; its id, or "".
  tqp::Result<std::string> find_watchlist(std::string_view feed_id) const;
  tqp::Result<std::string> create_watchlist(std::string_view feed_id, std::string_view name) const;
  tqp::Result<void> delete_watchlist(std::string_view watchlist_id) const;

 private:
  struct Call {
    std::string_view what;        // "read the feeds"
    std::string_view permission;  // "org.feeds READ"
    bool makes_new = false;       // twice would make two
  };
  // Sends until the service has taken or refused it.
  tqp::Result<tqp::Call> send(const tqp::Request& request, const Call& call) const;
  tqp::Result<void> done(const tqp::Request& request, const Call& call) const;
  template <typename Read>
  auto read(const tqp::Request& request, const Call& call, Read read) const;

  tqp::Error refusal(tqp::Call& answer, const Call& call) const;
  tqp::Error in_context(tqp::Error error, const Call& call) const;
  tqp::Request authorised(tqp::Request request) const;
  std::string reports_url(std::string_view feed_id) const;
  std::string report_url(std::string_view feed_id, std::string_view report_id) const;

  tqp::Http http_;
  tqp::Run run_;
  std::string host_, feeds_, watchlists_;
};

}  // namespace cb_edr
