// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "blanks.hpp"
#include "collect.hpp"
#include "normalise.hpp"
#include "report.hpp"
#include "spelling.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

// Of texts that a line has room for.
constexpr size_t kShownBytes = 300;

// On one line, whatever was typed.
std::string shown(std::string_view text) {
  std::string out = tqp::shortened(text, kShownBytes);
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

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + quoted(text);
  return out;
}

}  // namespace

Result<tqp::Explanation> Explain::answer(const tqp::ExplainQuery& query) {
  if (query.value.empty())
    return Error{TQP_E_UNSUPPORTED, "there is no value to explain; name one, such as 192.0.2.7"};
  judge(query);
  for (const std::string& name : settings_.collections) TQP_TRY(look_in(name, query));
  conclude();
  tqp::Explanation out(std::move(text_));
  if (unread_cloud_ || !unread_collections_.empty()) out.lacks = lacking();
  return out;
}

void Explain::judge(const tqp::ExplainQuery& query) {
  typed_.emplace_back(query.value);
  if (const std::string_view trim = trimmed(query.value); !trim.empty() && trim != query.value)
    typed_.emplace_back(trim);
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
  field_ = normal.field;
  spellings_ = spellings_of(normal.field, form);
  for (const std::string& typed : typed_) std::erase(spellings_, typed);
  normal_form_ = std::move(form);
}

Result<void> Explain::look_in(const std::string& collection, const tqp::ExplainQuery& query) {
  std::set<uint64_t> told;
  for (const auto* list : {&typed_, &spellings_}) {
    for (const std::string& spelling : *list) {
      auto done = read(collection, spelling, query, &told);
      if (done.ok()) continue;
      Error& error = done.error();
      if (error.cancelled() || error.status == TQP_E_BUG) return std::move(error);
      say("Collection " + quoted(collection) + " cannot be read: " + error.message);
      unread_collections_.push_back(collection);
      return {};
    }
  }
  if (told.empty()) say("Collection " + quoted(collection) + ": holds no such indicator.");
  found_ = found_ || !told.empty();
  return {};
}

Result<void> Explain::read(const std::string& collection, const std::string& spelling,
                           const tqp::ExplainQuery& query, std::set<uint64_t>* told) {
  TQP_ASSIGN(
      tqp::Cursor cursor,
      host_.threatq.open(collection, {"value", "type", "status", "score"}, std::nullopt, spelling));
  TQP_ASSIGN(const Description description, describe(cursor, collection));
  std::vector<std::string> lines;
  while (const tqp_indicators* batch = cursor.next_batch()) {
    TQP_TRY(host_.run.go_on());
    for (uint32_t i = 0; i < batch->count; ++i) {
      const tqp::Indicator row(batch, i);
      const std::string type(cursor.type_name(row.type()));
      if (!is_asked_for(spelling, type, row.value(), query)) continue;
      if (query.id != 0 && row.id() != query.id) continue;
      if (!told->insert(row.id()).second) continue;
      TQP_ASSIGN(const std::string fate_of_it,
                 fate({row.id(), description.search_id, type, row.value(),
                       band_of(settings_.severity, row.score())}));
      lines.push_back("Collection " + quoted(collection) + ": indicator " +
                      std::to_string(row.id()) + " (" + shown(type) + ", " +
                      shown(cursor.status_name(row.status())) + ")" + fate_of_it + ".");
    }
  }
  TQP_TRY(cursor.result());
  for (const std::string& line : lines) say(line);
  return {};
}

// What was typed is asked for whatever it is; another spelling only where it means the same.
bool Explain::is_asked_for(const std::string& spelling, std::string_view type,
                           std::string_view value, const tqp::ExplainQuery& query) const {
  if (!query.type.empty() && !same_type(type, query.type)) return false;
  if (std::find(typed_.begin(), typed_.end(), spelling) != typed_.end()) return true;
  Normal normal;
  std::string form;
  return left_out(type, value, &normal, &form).empty() && normal.field == field_ &&
         form == normal_form_;
}

Result<std::string> Explain::fate(const Item& item) {
  Normal normal;
  std::string form;
  const std::string reason = left_out(item.type, item.value, &normal, &form);
  if (!reason.empty()) return ", left out: " + reason;
  const Ledger::Known* const wanted = ledger_.around(item.search_id, item.band, item.id);
  if (wanted != nullptr && wanted->second.in_doubt())
    return ", in doubt, because its " + named(*wanted) +
           " was not acknowledged: the next run sends it as " + named(item);
  for (const Ledger::Known* known : reports_around(item)) {
    auto ioc =
        api_.ioc(ledger_.get(Ledger::kFeedId), id_of(*known), "tq-" + std::to_string(item.id));
    if (!ioc.ok()) {
      Error& error = ioc.error();
      if (error.cancelled() || error.status == TQP_E_BUG) return std::move(error);
      if (error.http_status == 404 && known != wanted) continue;
      return error.http_status == 404 ? gone(*known) : unread(*known, item, error);
    }
    if (!ioc->has_value()) {
      if (known != wanted) continue;
      TQP_ASSIGN(std::string shared, sharing(*known, item, {normal.field, form}));
      if (!shared.empty()) return shared;
      continue;
    }
    const bool same = (*ioc)->field == field_name(normal.field) && (*ioc)->value == form;
    return ", sent in " + named(*known) + " as " + named(item) +
           (same ? "" : " with the value " + quoted((*ioc)->value)) + ", timestamp " +
           utc(known->second.timestamp_s) + (same ? "" : ": the next run writes it again") +
           (known == wanted ? "" : ", of another severity: the next run moves it");
  }
  return ", not sent yet: the next run adds it to " +
         (wanted == nullptr ? std::string("a report") : named(*wanted));
}

// A value that several indicators of a report have is one IOC, named after the first of them.
Result<std::string> Explain::sharing(const Ledger::Known& known, const Item& item,
                                     const Value& value) {
  const std::string report_id = id_of(known);
  auto ioc =
      api_.ioc_with(ledger_.get(Ledger::kFeedId), report_id, field_name(value.field), value.normal);
  if (!ioc.ok()) {
    Error& error = ioc.error();
    if (error.cancelled() || error.status == TQP_E_BUG) return std::move(error);
    return unread(known, item, error);
  }
  if (!ioc->has_value()) return std::string();
  const std::string& ioc_id = (*ioc)->id;
  const uint64_t first_id = indicator_of(ioc_id);
  return ", sent in " + named(known) + " as IOC " + shown(ioc_id) +
         (first_id == 0 ? "" : ", which it shares with indicator " + std::to_string(first_id)) +
         ", timestamp " + utc(known.second.timestamp_s) +
         (first_id > item.id ? ": the next run writes it as " + named(item) : "");
}

// That of its severity first. It may stand in another one, if its score or the setting was another.
std::vector<const Ledger::Known*> Explain::reports_around(const Item& item) const {
  std::vector<const Ledger::Known*> out;
  for (int band = 0; band < kBands; ++band) {
    const Ledger::Known* const known = ledger_.around(item.search_id, band, item.id);
    if (known == nullptr || known->second.in_doubt()) continue;
    out.insert(band == item.band ? out.begin() : out.end(), known);
  }
  return out;
}

std::string Explain::unread(const Ledger::Known& known, const Item& item, const Error& error) {
  unread_cloud_ = true;
  return ", belongs to " + named(known) + ", last written with timestamp " +
         utc(known.second.timestamp_s) + "; whether it stands there as " + named(item) +
         " cannot be told: " + error.message;
}

// Carbon Black Cloud does not know its report.
std::string Explain::gone(const Ledger::Known& known) const {
  const std::string home = ledger_.get(Ledger::kHome), here = home_of(settings_);
  if (!home.empty() && home != here)
    return ", belongs to " + named(known) + ", which was written to the organisation " + home +
           "; in " + here + ", which the settings name now, it does not stand";
  return ", does not stand in " + here + ", where its " + named(known) +
         " is not in the feed any more: run once with --full, which writes every report";
}

std::string Explain::id_of(const Ledger::Known& known) const {
  return known.first.report_id(host_.run.instance());
}

Error Explain::lacking() const {
  std::string what;
  if (!unread_collections_.empty())
    what = "what ThreatQ holds in " + listed(unread_collections_) + ", which cannot be read";
  if (unread_cloud_)
    what += (what.empty() ? "" : "; and ") +
            std::string("what stands in Carbon Black Cloud, which cannot be read");
  return {TQP_E_TRANSIENT, "the answer lacks " + what + "; put that right and ask again"};
}

void Explain::conclude() {
  if (found_) return;
  if (!spellings_.empty() && unread_collections_.empty()) {
    std::vector<std::string> all = typed_;
    all.insert(all.end(), spellings_.begin(), spellings_.end());
    if (all.size() > 1)
      say("ThreatQ was asked for " + listed(all) + "; another spelling of it would not be found.");
  }
  if (ledger_.reports().empty()) {
    say("Nothing of this instance stands in Carbon Black Cloud's feed yet.");
    return;
  }
  say("The state keeps no values, so whether an earlier run sent it cannot be told. If it did, " +
      std::string(unread_collections_.empty()
                      ? "the next run takes it out of the feed."
                      : "it stays in the feed until every collection can be read again."));
}

}  // namespace cb_edr
