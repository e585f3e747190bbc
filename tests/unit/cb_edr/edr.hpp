// SPDX-License-Identifier: Apache-2.0
// Edr: the plugin from its file, on the in-memory host, against the in-memory Cloud.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tqp_fake.hpp>

#include "cloud.hpp"

namespace cb_edr {

using tqp::fake::Answer;
using tqp::fake::FakeHost;
using tqp::fake::Outcome;
using tqp::fake::Sent;
using Json = nlohmann::json;

class Edr : public testing::Test {
 protected:
  static const tqp_plugin* plugin() {
    static const tqp_plugin* const loaded = [] {
      auto file = FakeHost::load(CB_EDR_SO);
      if (!file.ok()) ADD_FAILURE() << file.error().message;
      return file.ok() ? *file : nullptr;
    }();
    return loaded;
  }
  void SetUp() override {
    std::stringstream schema;
    schema << std::ifstream(CB_EDR_SCHEMA).rdbuf();
    host_.setup.schema = schema.str();
    host_.setup.instance = "cb-edr";
    host_.setup.link_base = "https://tq.example.com/indicators/";
    settings_ = {{"api_fqdn", "defense.example.net"},
                 {"api_secret_key", "secret"},
                 {"api_id", "ABCDEFGHIJ"},
                 {"org_key", "ABCD1234"},
                 {"data_collections", {"Crimeware"}}};
    host_.answer("*", "", [this](const Sent& request) { return cloud_.answer(request); });
  }
  void TearDown() override {
    host_.destroy();
    EXPECT_THAT(host_.seen.violations, testing::IsEmpty());
  }

  // Indicators with these ids, of an id's own type, value, score and time.
  static std::vector<tqp::fake::Row> rows(uint64_t first, uint64_t last) {
    std::vector<tqp::fake::Row> out;
    for (uint64_t id = first; id <= last; ++id)
      out.push_back({id, "FQDN", "h" + std::to_string(id) + ".example.com", "Active",
                     static_cast<int16_t>(id % 11), static_cast<int64_t>(1'700'000'000'000 + id)});
    return out;
  }
  void fill(const std::string& name, uint64_t first, uint64_t last, const std::string& id = "17") {
    tqp::fake::Collection& collection = host_.setup.collections[name];
    collection.id = id;
    collection.rows = rows(first, last);
    collection.batch_rows = 300;
  }
  tqp::fake::Collection& crimeware() { return host_.setup.collections["Crimeware"]; }

  Outcome run(uint32_t flags = 0) {
    host_.setup.flags = flags;
    host_.setup.config = settings_.dump();
    return host_.run_job();
  }
  // Everything that is configured and can be read, as it has to stand in the feed.
  Content wanted() const {
    Content out;
    for (const Json& name : settings_.at("data_collections")) {
      const auto found = host_.setup.collections.find(name.get<std::string>());
      if (found == host_.setup.collections.end()) continue;
      for (const auto& row : found->second.rows)
        if (row.type == "FQDN") out.emplace(found->first, row.id);
    }
    return out;
  }
  Content content(const std::string& feed = "ThreatQ") { return cloud_.content(feed); }

  // From now on, what stands in the feed must stay at every change, unless it is not wanted and its
  // collection can be read.
  void watch() {
    std::set<Content::value_type> stays;
    const Content all = wanted(), now = content();
    for (const auto& indicator : now) {
      const auto collection = host_.setup.collections.find(indicator.first);
      const bool read = collection != host_.setup.collections.end() &&
                        collection->second.fail_after_rows == tqp::fake::kNever;
      if (!read || all.count(indicator) > 0) stays.insert(indicator);
    }
    cloud_.on_effect = [this, stays] {
      const Content stands = content();
      const std::set<Content::value_type> once(stands.begin(), stands.end());
      if (!std::includes(once.begin(), once.end(), stays.begin(), stays.end()))
        ADD_FAILURE() << "an indicator is missing that still exists";
    };
  }

  // Requests that change something, since the last call.
  std::vector<Sent> writes() {
    std::vector<Sent> out;
    for (; looked_ < host_.seen.requests.size(); ++looked_)
      if (host_.seen.requests[looked_].method != "GET") out.push_back(host_.seen.requests[looked_]);
    return out;
  }
  size_t count(const std::vector<Sent>& requests, const std::string& method,
               const std::string& url_end = "") const {
    size_t n = 0;
    for (const Sent& request : requests)
      n += request.method == method && request.url.size() >= url_end.size() &&
                   request.url.compare(request.url.size() - url_end.size(), url_end.size(),
                                       url_end) == 0
               ? 1
               : 0;
    return n;
  }

  Cloud cloud_;
  Json settings_;
  FakeHost host_{plugin()};
  size_t looked_ = 0;
};

}  // namespace cb_edr
