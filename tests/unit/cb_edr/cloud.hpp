// SPDX-License-Identifier: Apache-2.0
// Cloud: as much of Carbon Black Cloud's feeds and watchlists as an exporter meets, in memory, with
// faults on demand. It is strict: what the service refuses or what nobody should send is a 400 and
// a line in `complaints`. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tqp_fake.hpp>
#include <vector>

namespace cb_edr {

// An indicator in the feed: its collection's name and its id.
using Content = std::multiset<std::pair<std::string, uint64_t>>;

class Cloud {
 public:
  struct Report {
    std::string body;
    int64_t timestamp_s = 0;
    std::string collection;
    std::vector<uint64_t> ids;
  };
  struct Feed {
    std::string id, name, summary;
    std::map<std::string, Report> reports;
  };

  struct Watchlist {
    std::string id, feed_id;
    std::string description = "of a person";
  };

  std::vector<Feed> feeds;
  std::vector<Watchlist> watchlists;
  std::vector<std::string> complaints;
  // Parses every report with a JSON library and looks at each member; otherwise only what the
  // content needs is looked at.
  bool thorough = true;
  // What the service takes in a feed at any time, whoever put it there.
  size_t most_reports = 10'000;

  // Answers instead of the service, before or after the request took effect.
  using Fault = std::function<std::optional<tqp::fake::Answer>(const tqp::fake::Sent&)>;
  Fault before, after;
  std::function<void()> on_effect;  // after each change of a feed's reports

  tqp::fake::Answer answer(const tqp::fake::Sent& request);

  Feed* feed(const std::string& name);
  Content content(const std::string& feed_name);
  // A feed of somebody else, with as many reports.
  Feed& add_feed(const std::string& name, const std::string& summary, size_t reports);
  // Reports of somebody else in a feed.
  static void add_reports(Feed& feed, size_t reports);

 private:
  tqp::fake::Answer handle(const tqp::fake::Sent& request);
  tqp::fake::Answer feeds_call(const tqp::fake::Sent& request);
  tqp::fake::Answer reports_call(const tqp::fake::Sent& request, Feed& feed);
  tqp::fake::Answer report_call(const tqp::fake::Sent& request, Feed& feed, const std::string& id);
  tqp::fake::Answer watchlists_call(const tqp::fake::Sent& request);
  tqp::fake::Answer watchlist_call(const tqp::fake::Sent& request, const std::string& id);
  tqp::fake::Answer refuse(int status, const std::string& why);
  std::optional<std::string> read(const std::string& body, std::string* id, Report* report);
  std::optional<std::string> store(const std::string& body, const std::string& wanted_id,
                                   std::map<std::string, Report>* to);
  void changed();

  int next_id_ = 1;
};

}  // namespace cb_edr
