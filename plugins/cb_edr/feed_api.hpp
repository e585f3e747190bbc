// SPDX-License-Identifier: Apache-2.0
// FeedApi: the calls of Carbon Black Cloud's Feed Manager v2 and Watchlist Manager v3 that an
// exporter needs (paths and documents documented by the vendor or seen in its public clients). Each
// failure says what was tried and, for a 403, which permission the API key lacks. A write is done
// when the documented answer came, or when a look finds that it stands; never by a status code
// alone. Home thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

#include "answers.hpp"
#include "cloud_client.hpp"
#include "whole_report.hpp"

namespace cb_edr {

constexpr std::string_view kWriteReport = "write a report";  // for CloudClient

// Of the watchlists that create_watchlist() makes: they are known again by it.
constexpr std::string_view kWatchlistDescription = "Indicators of ThreatQ, exported by tqhost";

class FeedApi {
 public:
  FeedApi(const tqp::Http& http, const tqp::Run& run, std::string_view api_host,
          std::string_view org_key);

  tqp::Result<std::vector<FeedInfo>> feeds() const;
  // The id that the service made. The summary tells the feed from all others.
  tqp::Result<std::string> create_feed(const FeedInfo& feed) const;
  tqp::Result<void> update_feed(const FeedInfo& feed) const;
  // With all its reports. One that is not there is OK, as with everything that is deleted below.
  tqp::Result<void> delete_feed(std::string_view feed_id) const;

  // The heads of all reports, as they stream in (the whole documents cross the network).
  tqp::Result<std::vector<ReportHead>> reports(std::string_view feed_id) const;
  // Each report with all its members.
  tqp::Result<void> whole_reports(std::string_view feed_id, const VisitReport& visit) const;
  // What stands under that id, or nothing. A web page in the place of the service's 404 is no
  // answer.
  tqp::Result<std::optional<ReportHead>> report(std::string_view feed_id,
                                                std::string_view report_id) const;

  // What stands as that IOC of a report, or nothing.
  tqp::Result<std::optional<Ioc>> ioc(std::string_view feed_id, std::string_view report_id,
                                      std::string_view ioc_id) const;
  // The one with that value, whichever indicator's it is; nothing also when the report is not
  // there.
  tqp::Result<std::optional<Ioc>> ioc_with(std::string_view feed_id, std::string_view report_id,
                                           std::string_view field, std::string_view value) const;

  // The two whose unknown outcome is the caller's to look at: it may have many.
  // Replaces everything in the feed. One attempt, but after answers that certainly changed nothing.
  tqp::Result<tqp::Acknowledgement> replace_reports(std::string_view feed_id,
                                                    const tqp::Body& body) const;
  tqp::Result<tqp::Acknowledgement> put_report(std::string_view feed_id, const ReportHead& head,
                                               const tqp::Body& body) const;
  tqp::Result<void> delete_report(std::string_view feed_id, std::string_view report_id) const;

  tqp::Result<std::vector<WatchlistInfo>> watchlists() const;
  // Whether a watchlist subscribes to the feed; its id, or "".
  tqp::Result<std::string> find_watchlist(std::string_view feed_id) const;
  tqp::Result<std::string> create_watchlist(std::string_view feed_id, std::string_view name) const;
  tqp::Result<void> delete_watchlist(std::string_view watchlist_id) const;

  const CloudClient& client() const { return client_; }

 private:
  // A deletion; `gone` looks when the answer does not tell.
  tqp::Result<void> erase(const tqp::Request& request, const CloudCall& call,
                          const std::function<tqp::Result<bool>()>& gone) const;
  tqp::Result<bool> any_feed(const std::function<bool(const FeedInfo&)>& is) const;
  tqp::Request whole_feed(std::string_view feed_id) const;
  std::string reports_url(std::string_view feed_id) const;
  std::string report_url(std::string_view feed_id, std::string_view report_id) const;

  CloudClient client_;
  std::string feeds_, watchlists_;
};

}  // namespace cb_edr
