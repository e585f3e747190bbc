// SPDX-License-Identifier: Apache-2.0
#include "cli/drop_in.hpp"

#include <algorithm>
#include <array>

namespace tq {
namespace {

constexpr DropIn enterprise_edr(std::string_view program) {
  return {program, "cb_edr", "cb-edr", "VMware Carbon Black Cloud Enterprise EDR Connector",
          OptionSet::kEnterpriseEdr};
}

constexpr DropIn reputation(std::string_view program) {
  return {program, "trellix_tie", "trellix-tie", "Trellix TIE Reputation Change Connector",
          OptionSet::kReputation};
}

constexpr DropIn bridge(std::string_view program) {
  return {program, "threatconnect", "threatconnect", "ThreatConnect Connector", OptionSet::kBridge};
}

constexpr std::array kDropIns = {
    enterprise_edr("tq-conn-cb-enterprise-edr"),
    enterprise_edr("tq-conn-cb-threat-hunter"),
    reputation("tq-conn-trellix-tie-reputation-change"),
    reputation("tq-conn-trellix-tie-reputation"),
    reputation("tq_conn_trellix_tie_reputation_change"),
    bridge("carbonblack_threatconnect_bridge"),
    bridge("cb-threatconnect-connector"),
    bridge("cb-threatconnect-bridge"),
};

}  // namespace

std::span<const DropIn> drop_ins() { return kDropIns; }

const DropIn* find_drop_in(std::string_view program_name) {
  const auto found = std::find_if(kDropIns.begin(), kDropIns.end(),
                                  [&](const DropIn& one) { return one.program == program_name; });
  return found == kDropIns.end() ? nullptr : &*found;
}

}  // namespace tq
