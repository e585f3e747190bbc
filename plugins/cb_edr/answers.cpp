// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "report.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;
using tqp::Token;

constexpr size_t kShownBytes = 200;

// E_DATA would say that one item is bad; here the answer is, and the next one may be good.
Error damaged(Error error) {
  if (error.status == TQP_E_DATA) error.status = TQP_E_TRANSIENT;
  return std::move(error).in("the answer is damaged");
}

template <typename T>
Result<T> whole(JsonReader& reader, Result<T> value) {
  if (!value.ok()) return damaged(std::move(value.error()));
  if (auto end = reader.finish(); !end.ok()) return damaged(std::move(end.error()));
  return value;
}

// The members of an object that was begun. `take` gets the name and the value's first token, and
// reads the value to its end.
template <typename Take>
Result<void> members(JsonReader& reader, Take take) {
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) return {};
    const std::string name(reader.text());
    TQP_ASSIGN(const Token value, reader.next());
    TQP_TRY(take(name, value));
  }
}

// The objects of an array that was begun; `take` reads on from behind the opening brace.
template <typename Take>
Result<void> objects(JsonReader& reader, const std::string& name, Take take) {
  while (true) {
    Token token{};
    TQP_ASSIGN(const bool another, reader.next_element(token));
    if (!another) return {};
    if (token != Token::kBeginObject)
      return Error{TQP_E_TRANSIENT, "\"" + name + "\" lists something that is no object"};
    TQP_TRY(take());
  }
}

// The elements of the document's "results"; `element` reads on from behind the opening brace.
template <typename T, typename Element>
Result<std::vector<T>> results(JsonReader& reader, Element element) {
  std::vector<T> out;
  bool found = false;
  TQP_TRY(reader.expect(Token::kBeginObject));
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (name != "results" || value != Token::kBeginArray) return reader.skip(value);
    found = true;
    return objects(reader, name, [&]() -> Result<void> {
      TQP_ASSIGN(T item, element(reader));
      out.push_back(std::move(item));
      return {};
    });
  }));
  if (!found) return Error{TQP_E_TRANSIENT, "there are no \"results\""};
  return out;
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
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString) {
      if (name == "id") report.id = reader.text();
      if (name == "description") report.revision = Report::revision_in(reader.text());
    }
    if (value == Token::kNumber && name == "timestamp")
      report.timestamp_s = reader.int64().value_or(0);
    return reader.skip(value);
  }));
  return report;
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

Result<std::optional<Ioc>> ioc_of(JsonReader& reader, std::string_view ioc_id) {
  std::optional<Ioc> found;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (name != "iocs_v2" || value != Token::kBeginArray) return reader.skip(value);
    return objects(reader, name, [&]() -> Result<void> {
      TQP_ASSIGN(Ioc ioc, ioc_members(reader));
      if (ioc.id == ioc_id) found = std::move(ioc);
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

Result<std::optional<Ioc>> read_ioc(JsonReader& reader, std::string_view ioc_id) {
  if (auto begin = reader.expect(Token::kBeginObject); !begin.ok())
    return damaged(std::move(begin.error()));
  return whole(reader, ioc_of(reader, ioc_id));
}

Result<std::string> read_id(JsonReader& reader) {
  TQP_ASSIGN(FeedInfo named, read_feed(reader));
  return std::move(named.id);
}

Result<std::string> read_failure(JsonReader& reader) {
  std::string failure;
  Result<Token> first = reader.next();
  if (!first.ok() && first.error().status == TQP_E_DATA) return failure;
  if (!first.ok()) return std::move(first.error());
  if (*first != Token::kBeginObject) return failure;
  auto read = members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (name == "errorMessage" && value == Token::kString)
      failure = tqp::shortened(reader.text(), kShownBytes);
    return reader.skip(value);
  });
  if (read.ok()) read = reader.finish();
  // What was said before the end counts, also when the end is missing.
  if (!read.ok() && failure.empty()) return damaged(std::move(read.error()));
  return failure;
}

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
