// SPDX-License-Identifier: Apache-2.0
#include "e2e/site.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace e2e {
namespace {

std::filesystem::path fresh_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tq-site-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
  return pattern;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

Site::Site(const SiteOptions& options) : folder_(fresh_folder()) {
  const std::string tls = (folder_ / "tls").string();
  threatq_.emplace(joined({"threatq", "--tls-dir", tls, "--user",
                           std::string(kUser) + ":" + kPassword + ":clientid0123"},
                          options.threatq));
  cbc_.emplace(joined({"cbc", "--tls-dir", tls, "--org-key", "ABCD1234", "--api-id", "APIID00001",
                       "--api-secret", kApiSecret},
                      options.cbc));
  std::filesystem::create_directory(plugins());
  std::filesystem::copy_file(CB_EDR_PATH, plugins() / "cb_edr.so");
  config = {{"plugins_dir", plugins().string()},
            {"state_dir", state().string()},
            {"ca_file", cbc_->ca_file()},
            {"threatq",
             {{"host", threatq_->url()},
              {"client_id", "clientid0123"},
              {"username", kUser},
              {"password", kPassword},
              {"ca_file", threatq_->ca_file()}}},
            {"instances",
             {{{"name", "cb-prod"},
               {"plugin", "cb_edr"},
               {"config",
                {{"api_fqdn", cbc_->host_and_port()},
                 {"api_secret_key", kApiSecret},
                 {"api_id", "APIID00001"},
                 {"org_key", "ABCD1234"},
                 {"data_collections", {"Crimeware"}},
                 {"feed_name", "ThreatQ"},
                 {"requests_per_minute", 100000}}}}}}};
  write_config();
}

Site::~Site() {
  threatq_.reset();
  cbc_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Site::write_config() {
  const auto file = folder_ / "tqhost.json";
  std::ofstream(file) << config.dump(2);
  ::chmod(file.c_str(), 0600);
}

void Site::drop_noisy() {
  std::filesystem::copy_file(NOISY_PATH, plugins() / "noisy.so");
  std::filesystem::copy_file(NOISY_RENAMED_PATH, plugins() / "noisy_renamed.so");
}

std::vector<std::string> Site::command(const std::vector<std::string>& arguments,
                                       const std::string& log_level) const {
  return joined(
      {TQHOST_PATH, "--config", (folder_ / "tqhost.json").string(), "--log-level", log_level},
      arguments);
}

Ended Site::tqhost(const std::vector<std::string>& arguments, const Variables& variables,
                   int seconds) {
  return run_program(command(arguments), variables, seconds);
}

Json Site::run_record(const std::string& instance) const {
  return Json::parse(read_text(state() / instance / "run.json"));
}

std::string Site::log(const std::string& instance) const {
  return read_text(state() / "logs" / (instance + ".log"));
}

std::map<std::string, Site::Reports> Site::feeds() {
  std::map<std::string, Reports> out;
  const Json dump = Json::parse(cbc().dump());
  for (const Json& feed : dump.at("feeds")) {
    Reports& reports = out[feed.at("feedinfo").at("name").get<std::string>()];
    for (Json report : feed.at("reports")) {
      const std::string id = report.at("id").get<std::string>();
      report.erase("timestamp");
      reports[id] = std::move(report);
    }
  }
  return out;
}

std::map<std::string, int> Site::writes() {
  std::map<std::string, int> out;
  const Json requests = Json::parse(cbc().requests());
  for (const Json& request : requests.at("list"))
    if (const std::string method = request.at("method").get<std::string>(); method != "GET")
      ++out[method];
  return out;
}

std::multiset<std::string> values_of(const Site::Reports& reports) {
  std::multiset<std::string> out;
  for (const auto& [id, report] : reports)
    for (const Json& ioc : report.at("iocs_v2"))
      for (const Json& value : ioc.at("values"))
        out.insert(ioc.at("field").get<std::string>() + " " + value.get<std::string>());
  return out;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace e2e
