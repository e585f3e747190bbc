// SPDX-License-Identifier: Apache-2.0
// Explain: what becomes of one value, in lines for people: its normal form or the rule that leaves
// it out, and for each data collection where the state says that it stands. Reads only. Home
// thread; borrows the settings and the ledger.
#pragma once

#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {

class Explain {
 public:
  Explain(const tqp::Host& host, const Settings& settings, const Ledger& ledger)
      : host_(host), settings_(settings), ledger_(ledger) {}

  tqp::Result<std::string> answer(const tqp::ExplainQuery& query);

 private:
  void judge(const tqp::ExplainQuery& query);
  tqp::Result<void> look_in(const std::string& collection, const tqp::ExplainQuery& query);
  // How many indicators of this value the collection has; each makes a line.
  tqp::Result<size_t> read(const std::string& collection, const std::string& value,
                           const tqp::ExplainQuery& query);
  std::string fate(const std::string& search_id, const tqp::Indicator& row,
                   std::string_view type) const;
  void conclude();
  void say(const std::string& line) { text_ += line + "\n"; }

  tqp::Host host_;
  const Settings& settings_;
  const Ledger& ledger_;
  std::string text_;
  std::vector<std::string> forms_;  // how ThreatQ may write the value, the likeliest first
  bool found_ = false, unread_ = false;
};

}  // namespace cb_edr
