// SPDX-License-Identifier: Apache-2.0
// A small ThreatQ behind FakeHttp: one collection, pages by cursor or by offset, and a hook to
// spoil the n-th page.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "threatq/client.hpp"
#include "unit/threatq/fake_http.hpp"

namespace tq {

struct PageQuery {
  int nth = 0;  // of all page requests, from 1
  size_t limit = 0, offset = 0;
  bool descending = false;          // by id, highest first
  std::optional<std::string> mark;  // decoded
};

class FakeThreatq {
 public:
  explicit FakeThreatq(FakeHttp& http);

  // Rows 1 to `count`.
  void fill(uint64_t count);
  std::string row(uint64_t id) const;
  // The right page, as of now.
  std::string page(const PageQuery& query) const;

  std::set<uint64_t> ids;
  bool cursor = true, tells_total = true;
  uint64_t extra_total = 0;  // told beyond what there is
  std::string token = "token-1";
  std::string collections =
      R"({"data":[{"id":5,"name":"Crimeware","hash":"h","json":{"ui_query":{},"api_query":)"
      R"({"criteria":{"+and":[{"status_name":"Active"}]},"filters":{}}}}],"total":1})";
  // Called for each page; an answer of its own, or nothing for the right page.
  std::function<std::optional<Reply>(const PageQuery&)> spoil;

 private:
  Reply answer(const Seen& seen);
  Reply query(const Seen& seen);

  int pages_ = 0;
};

// Everything the cursor gives: ids in order, then the error if there was one.
struct ReadIds {
  std::vector<uint64_t> ids;
  std::optional<Error> error;
};
ReadIds read_ids(IndicatorCursor& cursor);

}  // namespace tq
