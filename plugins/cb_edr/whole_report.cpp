// SPDX-License-Identifier: Apache-2.0
#include "whole_report.hpp"

#include "answer_walk.hpp"

namespace cb_edr {
namespace {

using tqp::JsonReader;
using tqp::Result;
using tqp::Token;

// The texts of a list that was begun; anything else in it counts as an empty one.
Result<std::vector<std::string>> texts(JsonReader& reader) {
  std::vector<std::string> out;
  while (true) {
    Token token{};
    TQP_ASSIGN(const bool another, reader.next_element(token));
    if (!another) return out;
    out.push_back(token == Token::kString ? std::string(reader.text()) : std::string());
    TQP_TRY(reader.skip(token));
  }
}

Result<WholeIoc> ioc_members(JsonReader& reader) {
  WholeIoc ioc;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString) {
      if (name == "id") ioc.id = reader.text();
      if (name == "match_type") ioc.match_type = reader.text();
      if (name == "field") ioc.field = reader.text();
      if (name == "link") ioc.link = reader.text();
    }
    if (value != Token::kBeginArray || name != "values") return reader.skip(value);
    TQP_ASSIGN(ioc.values, texts(reader));
    return {};
  }));
  return ioc;
}

Result<WholeReport> report_members(JsonReader& reader) {
  WholeReport report;
  TQP_TRY(members(reader, [&](const std::string& name, Token value) -> Result<void> {
    if (value == Token::kString) {
      if (name == "id") report.id = reader.text();
      if (name == "title") report.title = reader.text();
      if (name == "description") report.description = reader.text();
      if (name == "link") report.link = reader.text();
    }
    if (value == Token::kNumber) {
      if (name == "timestamp") report.timestamp_s = reader.int64().value_or(0);
      if (name == "severity") report.severity = reader.int64().value_or(0);
    }
    if (value != Token::kBeginArray) return reader.skip(value);
    if (name == "tags") {
      TQP_ASSIGN(report.tags, texts(reader));
      return {};
    }
    if (name != "iocs_v2") return reader.skip(value);
    return objects(reader, name, [&]() -> Result<void> {
      TQP_ASSIGN(WholeIoc ioc, ioc_members(reader));
      report.iocs.push_back(std::move(ioc));
      return {};
    });
  }));
  return report;
}

Result<void> reports(JsonReader& reader, const VisitReport& visit) {
  TQP_TRY(each_result(reader, [&]() -> Result<void> {
    TQP_ASSIGN(const WholeReport report, report_members(reader));
    return visit(report);
  }));
  return reader.finish();
}

}  // namespace

Result<void> read_whole_reports(JsonReader& reader, const VisitReport& visit) {
  auto read = reports(reader, visit);
  if (!read.ok()) return damaged(std::move(read.error()));
  return read;
}

}  // namespace cb_edr
