// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/report_reader.hpp"

#include <simdjson.h>

#include <optional>
#include <unordered_set>

#include "lab/cbc/legacy_iocs.hpp"
#include "lab/cbc/report_rules.hpp"
#include "lab/frame/large_text.hpp"
#include "lab/frame/request_log.hpp"

namespace lab::cbc {
namespace {

namespace od = simdjson::ondemand;
using std::string_view;

// The value of a simdjson result, or a refusal that says where.
template <class T>
T take(simdjson::simdjson_result<T> result, string_view what) {
  T value;
  const auto error = std::move(result).get(value);
  if (error != simdjson::SUCCESS) refuse(std::string(what) + ": " + simdjson::error_message(error));
  return value;
}

template <class T>
void set_once(std::optional<T>& member, T value, string_view key) {
  if (member) refuse("member " + in_quotes(key) + " stands twice");
  member = std::move(value);
}

string_view read_string(od::value value, string_view key) { return take(value.get_string(), key); }

std::vector<string_view> read_strings(od::value value, string_view key) {
  std::vector<string_view> result;
  for (auto item : take(value.get_array(), key)) result.push_back(take(item.get_string(), key));
  return result;
}

Ioc read_ioc(od::object object) {
  Ioc ioc;
  for (auto each : object) {
    od::field field = take(std::move(each), "IOC");
    const string_view key = take(field.unescaped_key(), "IOC member");
    const od::value value = field.value();
    if (key == "id") {
      set_once(ioc.id, read_string(value, key), key);
    } else if (key == "match_type") {
      set_once(ioc.match_type, read_string(value, key), key);
    } else if (key == "field") {
      set_once(ioc.field, read_string(value, key), key);
    } else if (key == "values") {
      set_once(ioc.values, read_strings(value, key), key);
    } else if (key == "link") {
      set_once(ioc.link, read_string(value, key), key);
    } else {
      refuse("unknown IOC member " + in_quotes(key));
    }
  }
  return ioc;
}

std::vector<Ioc> read_iocs(od::value value, string_view key) {
  std::vector<Ioc> iocs;
  for (auto item : take(value.get_array(), key)) {
    iocs.push_back(read_ioc(take(item.get_object(), "an element of iocs_v2")));
  }
  return iocs;
}

Report read_report(od::object object) {
  Report report;
  for (auto each : object) {
    od::field field = take(std::move(each), "report");
    const string_view key = take(field.unescaped_key(), "report member");
    od::value value = field.value();
    if (key == "id") {
      set_once(report.id, read_string(value, key), key);
    } else if (key == "timestamp") {
      set_once(report.timestamp, take(value.get_int64(), key), key);
    } else if (key == "title") {
      set_once(report.title, read_string(value, key), key);
    } else if (key == "description") {
      set_once(report.description, read_string(value, key), key);
    } else if (key == "severity") {
      set_once(report.severity, take(value.get_int64(), key), key);
    } else if (key == "link") {
      set_once(report.link, read_string(value, key), key);
    } else if (key == "visibility") {
      set_once(report.visibility, read_string(value, key), key);
    } else if (key == "tags") {
      set_once(report.tags, read_strings(value, key), key);
    } else if (key == "iocs") {
      take(value.get_object(), key);
      set_once(report.legacy, true, key);
    } else if (key == "iocs_v2") {
      set_once(report.iocs, read_iocs(value, key), key);
    } else {
      refuse("unknown report member " + in_quotes(key));
    }
  }
  return report;
}

// Every part with its length or count before it, so that no two reports give the same text.
class Canonical {
 public:
  void add(string_view text) {
    text_ += std::to_string(text.size()) + ':';
    text_ += text;
  }
  void add(const std::optional<string_view>& text) { text ? add(*text) : mark(); }
  void add(const std::optional<std::vector<string_view>>& list) {
    if (!list) return mark();
    count(list->size());
    for (const string_view item : *list) add(item);
  }
  void count(std::size_t number) { text_ += '#' + std::to_string(number) + ' '; }
  void mark() { text_ += '-'; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

class ReportReader::Parser {
 public:
  using Body = std::shared_ptr<const std::string>;

  // A copy that may be read beyond its end, as the parser does, and that the reports live in.
  static Body keep(const std::string& body) {
    auto kept = std::make_shared<std::string>();
    reserve_large(*kept, body.size() + simdjson::SIMDJSON_PADDING);
    *kept += body;
    return kept;
  }

  // The members of the object that is the whole of a kept text.
  template <class Use>
  static void members(od::parser& parser, string_view text, Use&& use) {
    const simdjson::padded_string_view padded(text.data(), text.size(),
                                              text.size() + simdjson::SIMDJSON_PADDING);
    od::document document = take(parser.iterate(padded), "not JSON");
    od::object root = take(document.get_object(), "not a JSON object");
    use(root);
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    if (!at_end) refuse("the text goes on behind its JSON object");
  }

  StoredReport report(Body body, string_view text) {
    StoredReport result;
    result.body = std::move(body);
    result.text = text;
    members(report_parser_, text, [&](od::object root) {
      const Report report = read_report(root);
      if (report.legacy) return;
      try {
        check_report(report, result);
      } catch (const Invalid& error) {
        refuse("report " + in_quotes(report.id.value_or("without id")) + ": " + error.what());
      }
      result.id = *report.id;
    });
    if (!result.id.empty()) return result;
    const Body plain = keep(converted(text));
    return this->report(plain, *plain);
  }

  // Reports are cut out of the body first, and each is then parsed alone: that takes little memory.
  std::vector<StoredReport> reports(const Body& body, od::value value) {
    std::vector<StoredReport> result;
    std::unordered_set<std::string> ids;
    for (auto item : take(value.get_array(), "reports")) {
      od::object object = take(item.get_object(), "an element of reports");
      result.push_back(report(body, trimmed(take(object.raw_json(), "an element of reports"))));
      if (!ids.insert(result.back().id).second) {
        refuse("report id " + in_quotes(result.back().id) + " stands twice");
      }
      if (result.size() > kMaxReports) refuse("more than 10,000 reports");
    }
    return result;
  }

  od::parser& report_parser() { return report_parser_; }

 private:
  // The parser's raw text of an object runs on over the blanks behind it.
  static string_view trimmed(string_view object) { return object.substr(0, object.rfind('}') + 1); }

  od::parser report_parser_;
};

ReportReader::ReportReader() : parser_(std::make_unique<Parser>()) {}
ReportReader::~ReportReader() = default;

std::vector<StoredReport> ReportReader::bulk(const std::string& text) {
  const Parser::Body body = Parser::keep(text);
  std::optional<std::vector<StoredReport>> reports;
  od::parser whole;
  Parser::members(whole, *body, [&](od::object root) {
    for (auto each : root) {
      od::field field = take(std::move(each), "body");
      const string_view key = take(field.unescaped_key(), "body");
      if (key == "reports") set_once(reports, parser_->reports(body, field.value()), key);
    }
  });
  required(reports, "reports");
  return *std::move(reports);
}

std::vector<StoredReport> ReportReader::feed(const std::string& text, std::string& feedinfo) {
  const Parser::Body body = Parser::keep(text);
  std::optional<std::vector<StoredReport>> reports;
  std::optional<std::string> info;
  od::parser whole;
  Parser::members(whole, *body, [&](od::object root) {
    for (auto each : root) {
      od::field field = take(std::move(each), "body");
      const string_view key = take(field.unescaped_key(), "body");
      if (key == "reports") {
        set_once(reports, parser_->reports(body, field.value()), key);
      } else if (key == "feedinfo") {
        od::object object = take(field.value().get_object(), key);
        set_once(info, std::string(take(object.raw_json(), key)), key);
      }
    }
  });
  feedinfo = required(info, "feedinfo");
  required(reports, "reports");
  return *std::move(reports);
}

StoredReport ReportReader::single(const std::string& text) {
  const Parser::Body body = Parser::keep(text);
  return parser_->report(body, *body);
}

ReportDigest ReportReader::digest(const StoredReport& stored) {
  Canonical canonical;
  std::int64_t timestamp = 0;
  Parser::members(parser_->report_parser(), stored.text, [&](od::object root) {
    const Report report = read_report(root);
    timestamp = *report.timestamp;
    canonical.add(report.id);
    canonical.add(report.title);
    canonical.add(report.description);
    canonical.count(static_cast<std::size_t>(*report.severity));
    canonical.add(report.link);
    canonical.add(report.visibility);
    canonical.add(report.tags);
    canonical.count(report.iocs->size());
    for (const Ioc& ioc : *report.iocs) {
      canonical.add(ioc.id);
      canonical.add(ioc.match_type);
      canonical.add(ioc.field);
      canonical.add(ioc.values);
      canonical.add(ioc.link);
    }
  });
  ReportDigest result;
  result.without_timestamp = sha256_hex(canonical.text());
  canonical.count(static_cast<std::size_t>(timestamp));
  result.all = sha256_hex(canonical.text());
  return result;
}

}  // namespace lab::cbc
