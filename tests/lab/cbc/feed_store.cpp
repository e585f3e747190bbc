// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/feed_store.hpp"

#include "lab/frame/large_text.hpp"
#include "lab/frame/request_log.hpp"

namespace lab::cbc {
namespace {

constexpr std::size_t kIdLength = 22;
constexpr std::size_t kAddedBytes = 100;  // at most, to a report in an answer

struct Counts {
  std::size_t reports = 0;
  std::size_t iocs = 0;
  std::size_t over_recommended = 0;
  std::size_t repeated_ioc_ids = 0;
  std::string digests;
  std::string digests_without_timestamps;

  void add(const StoredReport& report, ReportReader& reader) {
    ++reports;
    iocs += report.iocs;
    if (report.iocs > kRecommendedIocs) ++over_recommended;
    repeated_ioc_ids += report.repeated_ioc_ids;
    const ReportDigest digest = reader.digest(report);
    digests += digest.all;
    digests_without_timestamps += digest.without_timestamp;
  }

  void add(const Counts& other) {
    reports += other.reports;
    iocs += other.iocs;
    over_recommended += other.over_recommended;
    repeated_ioc_ids += other.repeated_ioc_ids;
    digests += other.digests;
    digests_without_timestamps += other.digests_without_timestamps;
  }

  void write(Json& to) const {
    to["reports"] = reports;
    to["iocs"] = iocs;
    to["over_recommended"] = over_recommended;
    to["repeated_ioc_ids"] = repeated_ioc_ids;
    to["sha256"] = sha256_hex(digests);
    to["sha256_without_timestamps"] = sha256_hex(digests_without_timestamps);
  }
};

}  // namespace

Json FeedInfo::json(const std::string& org_key) const {
  return {{"name", name},
          {"owner", org_key},
          {"provider_url", provider_url},
          {"summary", summary},
          {"category", category},
          {"source_label", source_label},
          {"access", "private"},
          {"id", id},
          {"alertable", alertable},
          {"reports_count", nullptr}};
}

Feed* FeedStore::find(const std::string& id) {
  const auto found = feeds_.find(id);
  return found == feeds_.end() ? nullptr : &found->second;
}

std::string FeedStore::add(FeedInfo info, Reports reports) {
  info.id = made_id("feed", ++made_);
  std::string id = info.id;
  feeds_.emplace(id, Feed{std::move(info), std::move(reports)});
  return id;
}

void append_answered(const StoredReport& report, std::string& to) {
  to += report.text.substr(0, report.text.rfind('}'));  // a report is never empty
  if (!report.has_link) to += ",\"link\":null";
  if (!report.has_tags) to += ",\"tags\":null";
  if (!report.has_visibility) to += ",\"visibility\":null";
  to += ",\"iocs\":null,\"iocs_total_count\":" + std::to_string(report.iocs) + '}';
}

std::string answered_list(std::string_view before, const Reports& reports) {
  std::string result(before);
  reserve_large(result, before.size() + text_bytes(reports) + kAddedBytes * (reports.size() + 1));
  result += '[';
  for (const auto& [id, report] : reports) {
    if (result.back() == '}') result += ',';
    append_answered(report, result);
  }
  return result += "]}";
}

std::size_t text_bytes(const Reports& reports) {
  std::size_t bytes = 0;
  for (const auto& [id, report] : reports) bytes += report.text.size() + 1;
  return bytes;
}

void append_sent_list(const Reports& reports, std::string& to) {
  to += '[';
  for (const auto& [id, report] : reports) {
    if (to.back() == '}') to += ',';
    to += report.text;
  }
  to += ']';
}

Json summary(const std::vector<const Feed*>& feeds) {
  ReportReader reader;
  Counts total;
  Json by_feed = Json::array();
  for (const Feed* feed : feeds) {
    Counts counts;
    for (const auto& [id, report] : feed->reports) counts.add(report, reader);
    total.add(counts);
    by_feed.push_back({{"id", feed->info.id}, {"name", feed->info.name}});
    counts.write(by_feed.back());
  }
  Json result = {{"feeds", feeds.size()}};
  total.write(result);
  result["by_feed"] = std::move(by_feed);
  return result;
}

std::string made_id(const std::string& kind, std::size_t number) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string digest = sha256_hex(kind + ' ' + std::to_string(number));
  std::string id;
  for (std::size_t i = 0; i < kIdLength; ++i) {
    id += kLetters[std::stoul(digest.substr(2 * i, 2), nullptr, 16) % kLetters.size()];
  }
  return id;
}

}  // namespace lab::cbc
