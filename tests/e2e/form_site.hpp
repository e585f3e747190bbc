// SPDX-License-Identifier: Apache-2.0
// A site with an instance that takes its configuration from its form in ThreatQ's UI, and what a
// person does there. One thread.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "e2e/site.hpp"

namespace e2e {

// An instance whose configuration is in ThreatQ's UI; the file has only what the lab needs.
class Formed : public testing::Test {
 protected:
  Formed() {
    site_.instance()["name"] = "cb-edr";
    site_.instance()["config_source"] = "threatq";
    site_.instance()["config"] = {{"requests_per_minute", 100000}};
    site_.write_config();
  }

  Ended run(const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {"run-once", "cb-edr"};
    command.insert(command.end(), more.begin(), more.end());
    return site_.tqhost(command);
  }

  // What a person does in the UI.
  void edit(const Json& fields, const std::string& name = kRecord) {
    site_.threatq().change(Json{{"connector", {{"name", name}, {"values", fields}}}}.dump());
  }
  void switch_to(const Json& is_active, const std::string& name = kRecord) {
    site_.threatq().change(Json{{"connector", {{"name", name}, {"is_active", is_active}}}}.dump());
  }
  // How this ThreatQ treats the fields of forms.
  void manners(const Json& manners) {
    site_.threatq().change(Json{{"form_fields", manners}}.dump());
  }
  Json filled() {
    return {{"api_fqdn", site_.cbc().host_and_port()},
            {"api_secret_key", kApiSecret},
            {"api_id", "APIID00001"},
            {"org_key", "ABCD1234"},
            {"data_collections", "Crimeware, ,Crimeware"},
            {"report_tags", "threatq, demo"}};
  }
  void fill_in_and_switch_on() {
    ASSERT_EQ(run().exit_status, 0);
    edit(filled());
    switch_to(true);
  }
  Json records() { return Json::parse(site_.threatq().dump("what=connectors")).at("connectors"); }

  static constexpr const char* kRecord = "VMware Carbon Black Cloud Enterprise EDR";
  Site site_;
};

}  // namespace e2e
