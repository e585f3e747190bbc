// SPDX-License-Identifier: Apache-2.0
// Whole reads through ThreatqClient, against a small ThreatQ that can be spoiled page by page.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "unit/threatq/fake_threatq.hpp"

namespace tq {

inline std::vector<uint64_t> numbers(uint64_t first, uint64_t last) {
  std::vector<uint64_t> all(last - first + 1);
  std::iota(all.begin(), all.end(), first);
  return all;
}

class CursorTest : public testing::Test {
 protected:
  CursorTest() { options.page_rows = 100; }

  ThreatqClient& client() {
    if (!client_) client_ = ThreatqClient::create(options, http, world, log, cancel);
    return *client_;
  }
  Result<std::unique_ptr<IndicatorCursor>> open(uint32_t columns = kColumnValue | kColumnType) {
    return client().open({"Crimeware", columns, {}});
  }
  ReadIds read() {
    auto cursor = open();
    EXPECT_TRUE(cursor.ok()) << (cursor ? "" : cursor.error().message);
    return cursor ? read_ids(**cursor) : ReadIds();
  }
  std::vector<Seen> pages() const { return http.requests("/api/indicators/query"); }

  ThreatqOptions options = password_options();
  FakeHttp http;
  FakeWorld world;
  FakeLog log;
  Cancel cancel;
  FakeThreatq server{http};
  std::unique_ptr<ThreatqClient> client_;
};

}  // namespace tq
