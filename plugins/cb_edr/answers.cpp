// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include <algorithm>

#include "answer_walk.hpp"
#include "digest.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;
using tqp::Token;

constexpr size_t kShownBytes = 200;

template <typename T>
Result<T> whole(JsonReader& reader, Result<T> value) {
  if (!value.ok()) return damaged(std::move(value.error()));
  if (auto end = reader.finish(); !end.ok()) return damaged(std::move(end.error()));
  return value;
}

template <typename T, typename Element>
Result<std::vector<T>> results(JsonReader& reader, Element element) {
  std::vector<T> out;
  TQP_TRY(each_result(reader, [&]() -> Result<void> {
    TQP_ASSIGN(T item, element(reader));
    out.push_back(std::move(item));
    return {};
  }));
  return out;
}

// One is added to it when a report is written anew, so no number that has no successor comes in.
int64_t timestamp_of(const JsonReader& reader) {
  constexpr int64_t kLastS = 253'402'300'799;  // of the year 9999
  return std::clamp<int64_t>(reader.int64().value_or(0), 0, kLastS);
}

Result<FeedInfo> feed_members(JsonReader& reader) {
  FeedInfo feed;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value != Token::kString) return reader.skip(value);
    if (name == "id") feed.id = reader.text();
    if (name == "name") feed.name = reader.text();
    if (name == "provider_url") feed.provider_url = reader.text();
    if (name == "summary") feed.summary = reader.text();
    if (name == "category") feed.category = reader.text();
    return {};
  }));
  return feed;
}

Result<ReportHead> report_members(JsonReader& reader) {
  ReportHead report;
  const auto read = members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString) {
      if (name == "id") report.id = reader.text();
      if (name == "description") report.revision = Report::revision_in(reader.text());
    }
    if (value == Token::kNumber && name == "timestamp") report.timestamp_s = timestamp_of(reader);
    if (value != Token::kBeginArray || name != "iocs_v2") return reader.skip(value);
    while (true) {
      Token ioc{};
      TQP_ASSIGN(const bool another, reader.next_element(ioc));
      if (!another) return {};
      ++report.iocs;
      TQP_TRY(reader.skip(ioc));
    }
  });
  TQP_TRY(read);
  return report;
}

// The members of a write's answer that count.
struct Reply {
  std::string id;
  int64_t timestamp_s = 0;
  bool success = false;
};

Result<Reply> reply_of(JsonReader& reader) {
  Reply reply;
  std::string failure;
  TQP_TRY(reader.expect(Token::kBeginObject));
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (name == "errorMessage" && value == Token::kString)
      failure = tqp::shortened(reader.text(), kShownBytes);
    if (name == "id" && value == Token::kString) reply.id = reader.text();
    if (name == "timestamp" && value == Token::kNumber) reply.timestamp_s = timestamp_of(reader);
    if (name == "success") reply.success = value == Token::kTrue;
    return reader.skip(value);
  }));
  if (!failure.empty()) return Error{TQP_E_TRANSIENT, "\"" + failure + "\""};
  return reply;
}

Result<Ioc> ioc_members(JsonReader& reader) {
  Ioc ioc;
  const auto read = members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString && name == "id") ioc.id = reader.text();
    if (value == Token::kString && name == "field") ioc.field = reader.text();
    if (value != Token::kBeginArray || name != "values") return reader.skip(value);
    Token token{};
    TQP_ASSIGN(const bool any, reader.next_element(token));
    if (!any) return {};
    if (token == Token::kString) ioc.value = reader.text();
    TQP_TRY(reader.skip(token));
    while (true) {
      TQP_ASSIGN(const bool another, reader.next_element(token));
      if (!another) return {};
      TQP_TRY(reader.skip(token));
    }
  });
  TQP_TRY(read);
  return ioc;
}

template <typename Is>
Result<std::optional<Ioc>> ioc_of(JsonReader& reader, Is is) {
  std::optional<Ioc> found;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (name != "iocs_v2" || value != Token::kBeginArray) return reader.skip(value);
    return objects(reader, name, [&]() -> Result<void> {
      TQP_ASSIGN(Ioc ioc, ioc_members(reader));
      if (is(ioc)) found = std::move(ioc);
      return {};
    });
  }));
  return found;
}

Result<WatchlistInfo> watchlist_members(JsonReader& reader) {
  WatchlistInfo watchlist;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString) {
      if (name == "id") watchlist.id = reader.text();
      if (name == "name") watchlist.name = reader.text();
      if (name == "description") watchlist.description = reader.text();
    }
    if (name != "classifier" || value != Token::kBeginObject) return reader.skip(value);
    return members(reader, [&](const std::string& member, Token text) -> Result<void> {
      if (member == "value" && text == Token::kString) watchlist.feed_id = reader.text();
      return reader.skip(text);
    });
  }));
  return watchlist;
}

}  // namespace

Result<std::vector<FeedInfo>> read_feeds(JsonReader& reader) {
  return whole(reader, results<FeedInfo>(reader, feed_members));
}

Result<std::vector<ReportHead>> read_reports(JsonReader& reader) {
  return whole(reader, results<ReportHead>(reader, report_members));
}

Result<std::vector<WatchlistInfo>> read_watchlists(JsonReader& reader) {
  return whole(reader, results<WatchlistInfo>(reader, watchlist_members));
}

Result<FeedInfo> read_feed(JsonReader& reader) {
  if (auto begin = reader.expect(Token::kBeginObject); !begin.ok())
    return damaged(std::move(begin.error()));
  return whole(reader, feed_members(reader));
}

Result<ReportHead> read_report(JsonReader& reader) {
  if (auto begin = reader.expect(Token::kBeginObject); !begin.ok())
    return damaged(std::move(begin.error()));
  return whole(reader, report_members(reader));
}

namespace {

template <typename Is>
Result<std::optional<Ioc>> whole_ioc(JsonReader& reader, Is is) {
  if (auto begin = reader.expect(Token::kBeginObject); !begin.ok())
    return damaged(std::move(begin.error()));
  return whole(reader, ioc_of(reader, is));
}

}  // namespace

Result<std::optional<Ioc>> read_ioc(JsonReader& reader, std::string_view ioc_id) {
  return whole_ioc(reader, [&](const Ioc& ioc) { return ioc.id == ioc_id; });
}

Result<std::optional<Ioc>> read_ioc(JsonReader& reader, std::string_view field,
                                    std::string_view value) {
  return whole_ioc(reader,
                   [&](const Ioc& ioc) { return ioc.field == field && ioc.value == value; });
}

Result<WatchlistInfo> read_watchlist(JsonReader& reader) {
  if (auto begin = reader.expect(Token::kBeginObject); !begin.ok())
    return damaged(std::move(begin.error()));
  return whole(reader, watchlist_members(reader));
}

Result<bool> says_success(JsonReader& reader) {
  TQP_ASSIGN(const Reply reply, reply_of(reader));
  return reply.success;
}

Result<bool> says_stored(JsonReader& reader, std::string_view id, int64_t timestamp_s) {
  TQP_ASSIGN(const Reply reply, reply_of(reader));
  return reply.id == id && (timestamp_s == 0 || reply.timestamp_s == timestamp_s);
}

bool ReportHead::looks_ours() const { return !revision.empty() && is_name_uuid(id); }

std::string explanation(std::string_view body) {
  if (body.empty() || body.front() == '<') return {};
  if (body.front() != '{') return tqp::shortened(body, kShownBytes);
  std::string message;
  JsonReader reader(body);
  if (!reader.next().ok()) return {};
  const auto read = members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString &&
        (name == "message" || name == "errorMessage" || name == "error_message"))
      message = tqp::shortened(reader.text(), kShownBytes);
    return reader.skip(value);
  });
  static_cast<void>(read);  // of a damaged body, as much as could be read
  return message;
}

}  // namespace cb_edr
