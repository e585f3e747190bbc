// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <functional>
#include <tqp/json_writer.hpp>
#include <tqp/result.hpp>
#include <utility>

namespace cb_edr {
namespace {

// Part of each digest: a change of the format below sends every report again.
constexpr std::string_view kFormat = "cb_edr report 1";
constexpr size_t kLongestTitle = 255;  // the service tells no limit: what its console shows well
constexpr size_t kRowHeadBytes = 10;
constexpr std::string_view kRevisionBegin = " (revision ", kRevisionEnd = ").";
constexpr size_t kRevisionDigits = 16;

void append_number(uint64_t number, std::string* out) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out->append(text.data(), static_cast<size_t>(end - text.data()));
}

}  // namespace

uint64_t indicator_of(std::string_view ioc_id) {
  if (ioc_id.substr(0, kIocPrefix.size()) != kIocPrefix) return 0;
  ioc_id.remove_prefix(kIocPrefix.size());
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(ioc_id.data(), ioc_id.data() + ioc_id.size(), number);
  return error == std::errc() && rest == ioc_id.data() + ioc_id.size() ? number : 0;
}

void Report::open(uint64_t opening_id) {
  opening_id_ = opening_id;
  first_id_ = last_id_ = last_ioc_id_ = 0;
  count_ = 0;
  newest_updated_ms_ = 0;
  rows_.clear();
  values_.clear();
}

bool Report::add(uint64_t id, Field field, std::string_view value, int64_t updated_ms) {
  last_id_ = id;
  newest_updated_ms_ = std::max(newest_updated_ms_, updated_ms);
  const auto same = [&](size_t row) {
    return rows_[row + 8] == static_cast<char>(field) &&
           static_cast<unsigned char>(rows_[row + 9]) == value.size() &&
           rows_.compare(row + kRowHeadBytes, value.size(), value) == 0;
  };
  const auto hash = static_cast<uint32_t>(std::hash<std::string_view>{}(value));
  if (!values_.insert(hash, static_cast<uint32_t>(rows_.size()), same)) return false;
  if (count_ == 0) first_id_ = id;
  last_ioc_id_ = id;
  ++count_;
  std::array<char, kRowHeadBytes> head{};
  std::memcpy(head.data(), &id, sizeof id);
  head[8] = static_cast<char>(field);
  head[9] = static_cast<char>(value.size());  // a domain has at most 253 bytes, all others fewer
  rows_.append(head.data(), head.size()).append(value);
  return true;
}

template <typename Visit>
void Report::each(Visit visit) const {
  for (std::string_view rest = rows_; !rest.empty();) {
    uint64_t id = 0;
    std::memcpy(&id, rest.data(), sizeof id);
    const auto field = static_cast<Field>(rest[8]);
    const size_t size = static_cast<unsigned char>(rest[9]);
    visit(id, field, rest.substr(kRowHeadBytes, size));
    rest.remove_prefix(kRowHeadBytes + size);
  }
}

std::string Report::title(const ReportFrame& frame) const {
  std::string end = ", indicators ";
  append_number(first_id_, &end);
  end += " to ";
  append_number(last_id_, &end);
  constexpr std::string_view kBegin = "ThreatQ: ";
  const size_t room = kLongestTitle - kBegin.size() - end.size();
  return std::string(kBegin).append(tqp::utf8_cut(frame.collection, room)).append(end);
}

std::string Report::description(const ReportFrame& frame, const Digest& digest) {
  return "Indicators of the ThreatQ data collection \"" + frame.collection +
         "\", exported by tqhost" + std::string(kRevisionBegin) + revision(digest) +
         std::string(kRevisionEnd);
}

Digest Report::digest(const ReportFrame& frame, int severity) const {
  std::string tags;
  for (const std::string& tag : frame.tags) tags.append(tag).push_back('\0');
  const std::string severity_text = std::to_string(severity);
  if (last_id_ == last_ioc_id_)
    return digest_of({kFormat, frame.collection, frame.link_base, tags, severity_text, rows_});
  // The title tells the last id, which no row has here.
  return digest_of({kFormat, frame.collection, frame.link_base, tags, severity_text, rows_,
                    std::to_string(last_id_)});
}

std::string Report::head(std::string_view report_id, int64_t timestamp_s) {
  std::string out = R"({"id":")";
  out.append(report_id).append(R"(","timestamp":)");
  append_number(static_cast<uint64_t>(timestamp_s), &out);
  out += ',';
  return out;
}

std::string Report::revision(const Digest& digest) {
  return hex(digest.data(), kRevisionDigits / 2);
}

std::string_view Report::revision_in(std::string_view description) {
  const size_t begin = description.rfind(kRevisionBegin);
  if (begin == std::string_view::npos) return {};
  description.remove_prefix(begin + kRevisionBegin.size());
  if (description.size() != kRevisionDigits + kRevisionEnd.size()) return {};
  return description.substr(0, kRevisionDigits);
}

void Report::tail(const ReportFrame& frame, int severity, const Digest& digest,
                  std::string* out) const {
  tqp::JsonWriter json;  // of what people typed; an IOC needs no escapes
  json.begin_object();
  json.member("title", title(frame));
  json.member("description", description(frame, digest));
  json.member("severity", severity);
  if (!frame.link_base.empty()) json.member("link", frame.link_base);
  if (!frame.tags.empty()) {
    json.key("tags").begin_array();
    for (const std::string& tag : frame.tags) json.value(tag);
    json.end_array();
  }
  out->assign(json.view().substr(1));  // the brace is in the head

  out->append(R"(,"iocs_v2":[)");
  bool first = true;
  each([&](uint64_t id, Field field, std::string_view value) {
    if (!std::exchange(first, false)) out->push_back(',');
    // One value per IOC, so that an analyst can ignore it alone.
    out->append(R"({"id":")").append(kIocPrefix);
    append_number(id, out);
    out->append(R"(","match_type":"equality","field":")").append(field_name(field));
    out->append(R"(","values":[")").append(value).append(R"("])");
    if (!frame.link_base.empty()) {
      out->append(R"(,"link":")").append(frame.link_base);
      append_number(id, out);
      out->append(R"(/details")");
    }
    out->push_back('}');
  });
  out->append("]}");
}

}  // namespace cb_edr
