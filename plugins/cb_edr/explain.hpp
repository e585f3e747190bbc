// SPDX-License-Identifier: Apache-2.0
// Explain: what becomes of one value, in lines for people: its normal form or the rule that leaves
// it out, and for each data collection whether it stands in the feed, for which the report that its
// id belongs to is read. Changes nothing. Home thread; borrows the settings and the ledger.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

#include "feed_api.hpp"
#include "ledger.hpp"
#include "normalise.hpp"
#include "settings.hpp"

namespace cb_edr {

class Explain {
 public:
  Explain(const tqp::Host& host, const Settings& settings, const Ledger& ledger)
      : host_(host),
        settings_(settings),
        ledger_(ledger),
        api_(host.http, host.run, settings.api_host, settings.org_key) {}

  tqp::Result<tqp::Explanation> answer(const tqp::ExplainQuery& query);

 private:
  // An indicator that a collection holds.
  struct Item {
    uint64_t id;
    std::string search_id, type;
    std::string_view value;
    int band;
  };
  void judge(const tqp::ExplainQuery& query);
  tqp::Result<void> look_in(const std::string& collection, const tqp::ExplainQuery& query);
  // Makes a line of each indicator that the collection has in this spelling and that is not yet in
  // `told`.
  tqp::Result<void> read(const std::string& collection, const std::string& spelling,
                         const tqp::ExplainQuery& query, std::set<uint64_t>* told);
  bool is_asked_for(const std::string& spelling, std::string_view type, std::string_view value,
                    const tqp::ExplainQuery& query) const;
  tqp::Result<std::string> fate(const Item& item);
  struct Value {
    Field field;
    std::string_view normal;
  };
  // As fate(), of an indicator whose value stands as the IOC of another one; "" when it does not.
  tqp::Result<std::string> sharing(const Ledger::Known& known, const Item& item,
                                   const Value& value);
  std::vector<const Ledger::Known*> reports_around(const Item& item) const;
  std::string unread(const Ledger::Known& known, const Item& item, const tqp::Error& error);
  std::string gone(const Ledger::Known& known) const;
  std::string id_of(const Ledger::Known& known) const;
  std::string named(const Ledger::Known& known) const { return "report " + id_of(known); }
  static std::string named(const Item& item) { return "IOC tq-" + std::to_string(item.id); }
  tqp::Error lacking() const;
  void conclude();
  void say(const std::string& line) { text_ += line + "\n"; }

  tqp::Host host_;
  const Settings& settings_;
  const Ledger& ledger_;
  FeedApi api_;
  std::string text_;
  std::vector<std::string> typed_;      // the value as it was typed
  std::vector<std::string> spellings_;  // how ThreatQ may write what has the same normal form
  std::string normal_form_;             // "" when it has none
  Field field_ = Field::kHash;          // of the normal form
  bool found_ = false;
  std::vector<std::string> unread_collections_;
  bool unread_cloud_ = false;
};

}  // namespace cb_edr
