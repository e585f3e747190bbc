// SPDX-License-Identifier: Apache-2.0
#include "unit/threatq/fake_threatq.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace tq {
namespace {

std::string parameter(const std::string& target, const std::string& name) {
  for (const char* before : {"?", "&"}) {
    const size_t at = target.find(before + name + "=");
    if (at == std::string::npos) continue;
    const size_t from = at + 2 + name.size();
    return target.substr(from, target.find('&', from) - from);
  }
  return {};
}

}  // namespace

FakeThreatq::FakeThreatq(FakeHttp& http) {
  http.handler = [this](const Seen& seen) { return answer(seen); };
}

void FakeThreatq::fill(uint64_t count) {
  for (uint64_t id = 1; id <= count; ++id) ids.insert(id);
}

std::string FakeThreatq::row(uint64_t id) const {
  const std::string text = std::to_string(id);
  return R"({"id":)" + text + R"(,"value":"v)" + text + R"(","type":")" +
         (id % 2 == 0 ? "FQDN" : "IP Address") +
         R"(","status":"Active","score":5,"updated_at":"2024-05-01 10:00:00"})";
}

std::string FakeThreatq::page(const PageQuery& query) const {
  std::vector<uint64_t> sorted(ids.begin(), ids.end());
  if (query.descending) std::reverse(sorted.begin(), sorted.end());
  auto at = sorted.begin();
  if (query.mark && *query.mark != "*") {
    at = std::upper_bound(sorted.begin(), sorted.end(),
                          std::stoull(query.mark->substr(query.mark->find('=') + 1)));
  } else {
    at += static_cast<std::ptrdiff_t>(std::min(query.offset, ids.size()));
  }
  std::string json = R"({"data":[)";
  std::string next = query.mark.value_or("*");
  for (size_t count = 0; at != sorted.end() && count < query.limit; ++at, ++count) {
    if (count > 0) json += ',';
    json += row(*at);
    next = "m+=" + std::to_string(*at);
  }
  json += "]";
  if (tells_total) json += R"(,"total":)" + std::to_string(ids.size() + extra_total);
  if (cursor) json += R"(,"nextCursorMark":")" + next + "\"";
  return json + "}";
}

Reply FakeThreatq::answer(const Seen& seen) {
  if (seen.target.rfind("/api/token", 0) == 0)
    return {200, R"({"access_token":")" + token + R"(","expires_in":3600,"refresh_token":"r"})"};
  if (seen.authorization != "Bearer " + token) return {401, R"({"errors":["Unauthorized"]})"};
  if (seen.target.rfind("/api/search/query", 0) == 0) return {200, collections};
  if (seen.target.rfind("/api/indicators/query?", 0) == 0) return query(seen);
  if (seen.target.rfind("/api/indicator/types", 0) == 0)
    return {200, R"({"data":[{"id":1,"name":"FQDN"}],"total":1})"};
  return {404, "{}"};
}

Reply FakeThreatq::query(const Seen& seen) {
  PageQuery query;
  query.nth = ++pages_;
  query.limit = std::stoul(parameter(seen.target, "limit"));
  query.descending = parameter(seen.target, "sort") == "-id";
  const std::string offset = parameter(seen.target, "offset");
  if (!offset.empty()) query.offset = std::stoul(offset);
  const std::string mark = parameter(seen.target, "cursorMark");
  if (cursor && !mark.empty())
    query.mark = mark == "%2A" ? "*" : "m+=" + mark.substr(std::string("m%2B%3D").size());
  if (spoil)
    if (auto reply = spoil(query)) return *reply;
  return {200, page(query)};
}

ReadIds read_ids(IndicatorCursor& cursor) {
  ReadIds read;
  while (true) {
    auto batch = cursor.next();
    if (!batch) {
      read.error = batch.error();
      return read;
    }
    if (*batch == nullptr) return read;
    read.ids.insert(read.ids.end(), (*batch)->id.begin(), (*batch)->id.end());
  }
}

}  // namespace tq
