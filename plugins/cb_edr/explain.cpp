// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <arpa/inet.h>

#include <array>
#include <ctime>

#include "collect.hpp"
#include "normalise.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

// Of texts that a line has room for.
constexpr size_t kShownBytes = 300;

// On one line, whatever was typed.
std::string shown(std::string_view text) {
  std::string out(tqp::utf8_cut(text, kShownBytes));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return out;
}

std::string quoted(std::string_view text) { return "\"" + shown(text) + "\""; }

std::string utc(int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&time, &parts) == nullptr) return std::to_string(unix_s);
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

// Why an indicator of this type and value is left out, or "". Its normal form is in `out`.
std::string left_out(std::string_view type, std::string_view value, Normal* normal,
                     std::string* out) {
  const Kind kind = kind_of(type);
  if (kind == Kind::kOther)
    return "type " + shown(type) + " is not exported: only " + std::string(kExportedTypes) + " are";
  *normal = normalise(kind, value, out);
  return std::string(refusal_reason(normal->refusal));
}

// The type that a value without one has by its form, or "" and all the reasons against it.
std::string_view type_by_form(std::string_view value, std::string* reasons) {
  std::string normal;
  if (const size_t slash = value.find('/'); slash != std::string_view::npos) {
    // Only behind an address does a slash make a block.
    if (normalise(Kind::kIp, value.substr(0, slash), &normal).refusal == Refusal::kNone)
      return "IP Address";
    *reasons = refusal_reason(Refusal::kIp);
  }
  for (const std::string_view type : {"IP Address", "FQDN", "MD5", "SHA-256"}) {
    const Refusal refusal = normalise(kind_of(type), value, &normal).refusal;
    if (refusal == Refusal::kNone) return type;
    if (refusal == Refusal::kCidr) continue;
    if (!reasons->empty()) *reasons += ", ";
    *reasons += refusal_reason(refusal);
  }
  return {};
}

// As ThreatQ writes what has this normal form.
std::string usual_form(Field field, std::string_view value, const std::string& normal) {
  if (field != Field::kIpv6) return normal;
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, std::string(value).c_str(), bytes.data()) != 1) return {};
  return inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) == nullptr ? "" : text.data();
}

}  // namespace

Result<std::string> Explain::answer(const tqp::ExplainQuery& query) {
  if (query.value.empty())
    return Error{TQP_E_UNSUPPORTED, "there is no value to explain; name one, such as 192.0.2.7"};
  judge(query);
  for (const std::string& name : settings_.collections) TQP_TRY(look_in(name, query));
  conclude();
  return std::move(text_);
}

void Explain::judge(const tqp::ExplainQuery& query) {
  forms_.emplace_back(query.value);
  std::string reason, form;
  const std::string_view type =
      query.type.empty() ? type_by_form(query.value, &reason) : query.type;
  if (type.empty()) {
    say(shown(query.value) + " is not exported: " + reason + ".");
    return;
  }
  Normal normal;
  reason = left_out(type, query.value, &normal, &form);
  if (!reason.empty()) {
    const bool of_type = kind_of(type) == Kind::kOther;
    say(shown(query.value) + (of_type ? ": " : " is not exported: ") + reason + ".");
    return;
  }
  say(shown(query.value) + " becomes " + std::string(field_name(normal.field)) + " \"" + form +
      "\".");
  const std::string usual = usual_form(normal.field, query.value, form);
  if (!usual.empty() && usual != query.value) forms_.push_back(usual);
}

Result<void> Explain::look_in(const std::string& collection, const tqp::ExplainQuery& query) {
  for (const std::string& form : forms_) {
    auto rows = read(collection, form, query);
    if (!rows.ok()) {
      Error& error = rows.error();
      if (error.cancelled() || error.status == TQP_E_BUG) return std::move(error);
      say("Collection " + quoted(collection) + " cannot be read: " + error.message);
      unread_ = true;
      return {};
    }
    if (*rows == 0) continue;
    found_ = true;
    return {};
  }
  say("Collection " + quoted(collection) + ": holds no such indicator.");
  return {};
}

Result<size_t> Explain::read(const std::string& collection, const std::string& value,
                             const tqp::ExplainQuery& query) {
  TQP_ASSIGN(tqp::Cursor cursor,
             host_.threatq.open(collection, {"value", "type", "status", "score", "updated_ms"},
                                std::nullopt, value));
  TQP_ASSIGN(const Description description, describe(cursor, collection));
  std::string lines;
  size_t rows = 0;
  while (const tqp_indicators* batch = cursor.next_batch()) {
    TQP_TRY(host_.run.go_on());
    for (uint32_t i = 0; i < batch->count; ++i) {
      const tqp::Indicator row(batch, i);
      const std::string_view type = cursor.type_name(row.type());
      if (query.id != 0 && row.id() != query.id) continue;
      if (!query.type.empty() && !same_type(type, query.type)) continue;
      ++rows;
      lines += "Collection " + quoted(collection) + ": indicator " + std::to_string(row.id()) +
               " (" + shown(type) + ", " + shown(cursor.status_name(row.status())) + ")" +
               fate(description.search_id, row, type) + ".\n";
    }
  }
  TQP_TRY(cursor.result());
  text_ += lines;
  return rows;
}

std::string Explain::fate(const std::string& search_id, const tqp::Indicator& row,
                          std::string_view type) const {
  Normal normal;
  std::string form;
  const std::string reason = left_out(type, row.value(), &normal, &form);
  if (!reason.empty()) return ", left out: " + reason;
  const auto* const found =
      ledger_.around(search_id, band_of(settings_.severity, row.score()), row.id());
  if (found == nullptr) return ", not sent yet: the next run adds it to a report";
  const auto& [key, entry] = *found;
  const std::string report = "report " + key.report_id(host_.run.instance());
  const std::string ioc = " as IOC tq-" + std::to_string(row.id());
  if (entry.in_doubt())
    return ", in doubt, because its " + report + " was not acknowledged: the next run sends it" +
           ioc;
  const std::string time = utc(entry.timestamp_s);
  // A report's timestamp is never before the last change of what it holds.
  if (row.updated_ms() / 1000 > entry.timestamp_s)
    return ", changed in ThreatQ after the timestamp of its " + report + " (" + time +
           "): the next run writes it again" + ioc;
  return ", sent in " + report + ioc + ", timestamp " + time;
}

void Explain::conclude() {
  if (found_) return;
  if (ledger_.reports().empty()) {
    say("Nothing of this instance stands in Carbon Black Cloud's feed yet.");
    return;
  }
  say("The state keeps no values, so whether an earlier run sent it cannot be told. If it did, " +
      std::string(unread_ ? "it stays in the feed until every collection can be read again."
                          : "the next run takes it out of the feed."));
}

}  // namespace cb_edr
