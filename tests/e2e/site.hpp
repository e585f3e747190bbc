// SPDX-License-Identifier: Apache-2.0
// Site: a place where tqhost is run as an operator runs it: a folder with configuration, plugins
// and state, and the lab's ThreatQ and Carbon Black Cloud over TLS. Everything goes away with it.
// One thread.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "e2e/process.hpp"
#include "lab/lab_process.hpp"

namespace e2e {

using Json = nlohmann::ordered_json;

// What no output may ever show.
inline constexpr const char* kPassword = "tq-pass-5f1e9c";
inline constexpr const char* kApiSecret = "CBCSECRET0123456789abcd";
inline constexpr const char* kUser = "tqhost@example.com";

struct SiteOptions {
  std::vector<std::string> threatq{"--generate", "1500",         "--seed",
                                   "7",          "--collection", "Crimeware"};
  std::vector<std::string> cbc{};
};

class Site {
 public:
  explicit Site(const SiteOptions& options = {});
  ~Site();

  // The instance "cb-prod" on collection "Crimeware"; change it and call write_config().
  Json config;
  Json& instance(size_t index = 0) { return config["instances"][index]; }
  Json& settings(size_t index = 0) { return instance(index)["config"]; }
  void write_config();

  // tqhost with --config and these arguments.
  Ended tqhost(const std::vector<std::string>& arguments, const Variables& variables = {},
               int seconds = 120);
  std::vector<std::string> command(const std::vector<std::string>& arguments,
                                   const std::string& log_level = "debug") const;

  // Drops the plugin of tests/e2e/noisy beside cb_edr, in both its versions.
  void drop_noisy();

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path plugins() const { return folder_ / "plugins"; }
  std::filesystem::path state() const { return folder_ / "state"; }
  Json run_record(const std::string& instance = "cb-prod") const;
  std::string log(const std::string& instance = "cb-prod") const;

  lab::LabProcess& threatq() { return *threatq_; }
  // What queries named and the lab does not know: such a leaf finds everything.
  Json unknown_leaves() { return Json::parse(threatq_->dump("summary=1")).at("unknown_leaves"); }
  lab::LabProcess& cbc() { return *cbc_; }

  // The feeds of Carbon Black Cloud: name -> reports by id, timestamps left out (they rise with
  // every write).
  using Reports = std::map<std::string, Json>;
  std::map<std::string, Reports> feeds();
  // Number of requests that write, by method, since the last reset.
  std::map<std::string, int> writes();

 private:
  std::filesystem::path folder_;
  std::optional<lab::LabProcess> threatq_, cbc_;
};

// Every value of every IOC, as "field value".
std::multiset<std::string> values_of(const Site::Reports& reports);

std::string read_text(const std::filesystem::path& file);

}  // namespace e2e
