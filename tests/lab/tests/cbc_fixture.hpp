// SPDX-License-Identifier: Apache-2.0
// A running `tqlab cbc` and the calls that its tests make. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/lab_process.hpp"
#include "lab/service.hpp"
#include "lab/tests/raw_client.hpp"

namespace lab {

class Cbc {
 public:
  static constexpr const char* kFeeds = "/threathunter/feedmgr/v2/orgs/ABCD1234/feeds";
  static constexpr const char* kWatch = "/threathunter/watchlistmgr/v3/orgs/ABCD1234";

  explicit Cbc(std::vector<std::string> more = {}) : process(arguments(std::move(more))) {}

  RawAnswer call(const std::string& method, const std::string& path,
                 const std::string& body = "") const {
    const std::string type = body.empty() ? "" : "Content-Type: application/json\r\n";
    return raw(process.host_and_port(), method, path, "X-Auth-Token: SECRET/ID\r\n" + type, body);
  }

  std::string make_feed(const std::string& name = "ours") const {
    const Json document = {{"feedinfo",
                            {{"name", name},
                             {"provider_url", "https://tq.example.com/"},
                             {"summary", "s"},
                             {"category", "c"}}},
                           {"reports", Json::array()}};
    return Json::parse(call("POST", kFeeds, document.dump()).body).at("id").get<std::string>();
  }

  RawAnswer put(const std::string& feed, const Json& report) const {
    const std::string id =
        report.contains("id") && report["id"].is_string() ? report["id"] : Json("r");
    return call("PUT", std::string(kFeeds) + '/' + feed + "/reports/" + id, report.dump());
  }

  RawAnswer replace(const std::string& feed, const Json& reports) const {
    return call("POST", std::string(kFeeds) + '/' + feed + "/reports",
                Json({{"reports", reports}}).dump());
  }

  Json summary() { return Json::parse(process.dump("summary=1")); }

  LabProcess process;

 private:
  static std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all = {"cbc",      "--plain", "--org-key",    "ABCD1234",
                                    "--api-id", "ID",      "--api-secret", "SECRET"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

inline Json some_ioc(const std::string& id, const std::string& value = "bad.example.com") {
  return {{"id", id}, {"match_type", "equality"}, {"field", "netconn_domain"}, {"values", {value}}};
}

inline Json some_report(const std::string& id, std::int64_t timestamp = 1'718'000'000) {
  return {{"id", id},      {"timestamp", timestamp},
          {"title", "t"},  {"description", ""},
          {"severity", 5}, {"iocs_v2", Json::array({some_ioc("i1")})}};
}

}  // namespace lab
