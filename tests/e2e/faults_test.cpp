// SPDX-License-Identifier: Apache-2.0
// Faults on page K of a read and on write K of an export. In between nothing is missing that still
// exists; after the next good run the feed equals that of a run without faults.
#include <gmock/gmock.h>

#include <algorithm>

#include "e2e/site.hpp"

namespace e2e {
namespace {

struct Fault {
  const char* name;
  const char* rule;     // {"match": ..., "action": ...} with @ for the number of the request
  const char* service;  // or a fault of the service's own
  int last;             // K goes from 1 to this
};

std::string rule_of(const Fault& fault, int k) {
  std::string rule = fault.rule;
  const size_t at = rule.find('@');
  return at == std::string::npos ? rule : rule.replace(at, 1, std::to_string(k));
}

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

std::vector<std::string> small_pages() {
  return {"--generate", "2600", "--seed", "11", "--collection", "Crimeware", "--max-page", "1000"};
}

bool contains_all(const std::multiset<std::string>& all, const std::multiset<std::string>& part) {
  return std::includes(all.begin(), all.end(), part.begin(), part.end());
}

// What a site without faults ends with.
std::map<std::string, Site::Reports> reference(const std::vector<std::string>& changes) {
  SiteOptions options;
  options.threatq = small_pages();
  Site site(options);
  EXPECT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  for (const std::string& change : changes) {
    site.threatq().change(change);
    EXPECT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  }
  auto feeds = site.feeds();
  return feeds;
}

// Reports without what differs between two sites: the links to ThreatQ's port.
std::multiset<std::string> content(const std::map<std::string, Site::Reports>& feeds) {
  return feeds.count("ThreatQ") == 0 ? std::multiset<std::string>()
                                     : values_of(feeds.at("ThreatQ"));
}

class ReadFault : public testing::TestWithParam<Fault> {};

TEST_P(ReadFault, NeverCostsTheFeedAnIndicator) {
  SiteOptions options;
  options.threatq = small_pages();
  Site site(options);
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  for (int k = 1; k <= GetParam().last; ++k) {
    const auto before = content(site.feeds());
    site.threatq().change(R"({"newest": 40})");
    site.threatq().fault(GetParam().rule[0] != '\0'
                             ? rule_of(GetParam(), k)
                             : std::string(R"({"service": )") + GetParam().service + "}");
    const Ended faulty = site.tqhost({"run-once"});
    EXPECT_TRUE(faulty.exit_status == 0 || faulty.exit_status == 1) << faulty.err;
    EXPECT_EQ(faulty.signal, 0);
    EXPECT_TRUE(contains_all(content(site.feeds()), before))
        << "request " << k << ": something is missing";
    site.threatq().clear_faults();
    const Ended good = site.tqhost({"run-once"});
    ASSERT_EQ(good.exit_status, 0) << good.err << site.log();
  }
  std::vector<std::string> changes(static_cast<size_t>(GetParam().last), R"({"newest": 40})");
  EXPECT_EQ(content(site.feeds()), content(reference(changes)));
}

#define QUERY(action)                                                                             \
  R"({"match": {"method": "POST", "path": "/api/indicators/query", "nth": @}, "action": )" action \
  "}"

INSTANTIATE_TEST_SUITE_P(
    Each, ReadFault,
    testing::Values(Fault{"status_500", QUERY(R"({"status": 500})"), "", 3},
                    Fault{"status_502", QUERY(R"({"html": 502})"), "", 3},
                    Fault{"too_many_requests",
                          QUERY(R"({"status": 429, "headers": {"Retry-After": "1"}})"), "", 2},
                    Fault{"reset", QUERY(R"({"reset": true})"), "", 3},
                    Fault{"cut_json", QUERY(R"({"truncate": 9000})"), "", 3},
                    Fault{"short_body", QUERY(R"({"short_body": 9000})"), "", 3},
                    Fault{"slow_body", QUERY(R"({"slow_bytes_per_s": 100000})"), "", 1},
                    Fault{"malformed", QUERY(R"({"malformed": true})"), "", 2},
                    Fault{"too_large", QUERY(R"({"status": 413})"), "", 2},
                    Fault{"gateway_timeout", QUERY(R"({"html": 504})"), "", 2},
                    Fault{"no_rights", QUERY(R"({"status": 403, "body": "{}"})"), "", 2},
                    Fault{"expired_token", "", R"({"expire_tokens": true})", 1},
                    Fault{"repeated_page", "", R"({"repeat_page": true})", 1},
                    Fault{"empty_page", "", R"({"empty_page": true})", 1},
                    Fault{"rows_without_values", "", R"({"bad_rows": 5})", 1}),
    [](const testing::TestParamInfo<Fault>& fault) { return fault.param.name; });

class WriteFault : public testing::TestWithParam<Fault> {};

TEST_P(WriteFault, IsMadeUpForByTheNextRun) {
  SiteOptions options;
  options.threatq = small_pages();
  Site site(options);
  for (int k = 1; k <= GetParam().last; ++k) {
    const auto before = content(site.feeds());
    site.cbc().fault(rule_of(GetParam(), k));
    const Ended faulty = site.tqhost({"run-once"});
    // 3: a report that was refused for itself is a dead letter until the next run.
    EXPECT_THAT(faulty.exit_status, testing::AnyOf(0, 1, 3)) << faulty.err;
    EXPECT_TRUE(contains_all(content(site.feeds()), before))
        << "write " << k << ": something is missing";
    if (k == 1)
      EXPECT_THAT(site.cbc().fault_state(), testing::HasSubstr("\"applied\":1"))
          << "it was no fault at all";
    site.cbc().clear_faults();
    const Ended good = site.tqhost({"run-once"});
    ASSERT_EQ(good.exit_status, 0) << GetParam().name << " " << k << "\n" << good.err << site.log();
    site.threatq().change(R"({"newest": 300})");
  }
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  EXPECT_EQ(content(site.feeds()),
            content(reference(std::vector<std::string>(static_cast<size_t>(GetParam().last),
                                                       R"({"newest": 300})"))));
}

#define WRITE(action) \
  R"({"match": {"method": "POST|PUT|DELETE", "path": "/feedmgr/", "nth": @}, "action": )" action
#define AFTER R"(, "after_effect": true})"

INSTANTIATE_TEST_SUITE_P(
    Each, WriteFault,
    testing::Values(
        Fault{"status_500", WRITE(R"({"status": 500})") "}", "", 3},
        Fault{"status_502", WRITE(R"({"html": 502})") "}", "", 3},
        Fault{"too_many_requests", WRITE(R"({"status": 429, "headers": {"Retry-After": "1"}})") "}",
              "", 2},
        Fault{"reset", WRITE(R"({"reset": true})") "}", "", 3},
        Fault{"reset_after_effect", WRITE(R"({"reset": true})") AFTER, "", 3},
        Fault{"too_large", WRITE(R"({"status": 413})") "}", "", 2},
        Fault{"gateway_timeout_after_effect", WRITE(R"({"html": 504})") AFTER, "", 3},
        Fault{"conflict", WRITE(R"({"status": 409})") "}", "", 2},
        Fault{"short_answer", WRITE(R"({"short_body": 5})") AFTER, "", 2},
        Fault{"login_page", WRITE(R"({"login_page": 200})") "}", "", 3},
        Fault{"login_page_after_effect", WRITE(R"({"login_page": 200})") AFTER, "", 3},
        Fault{"empty", WRITE(R"({"status": 200, "body": ""})") "}", "", 3},
        Fault{"no_success", WRITE(R"({"status": 200, "body": "{\"success\": false}"})") "}", "", 3},
        Fault{"accepted_after_effect", WRITE(R"({"status": 202, "body": "[]"})") AFTER, "", 3}),
    [](const testing::TestParamInfo<Fault>& fault) { return fault.param.name; });

}  // namespace
}  // namespace e2e
