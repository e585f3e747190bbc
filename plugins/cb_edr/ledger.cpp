// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstring>

#include "report.hpp"

namespace cb_edr {
namespace {

constexpr std::string_view kReports = "report/";
constexpr std::string_view kCollections = "collection/";
constexpr std::string_view kShares = "cut/share/";
constexpr size_t kEntryBytes = 40;
constexpr size_t kDoubtBytes = 72;  // with what was tried

// "report/<search id>/<band>/<opening id, 16 hex digits>": ascending as the reports are.
std::string state_key(const ReportKey& key) {
  char end[32];
  std::snprintf(end, sizeof end, "/%02d/%016llx", key.band,
                static_cast<unsigned long long>(key.opening_id));
  return std::string(kReports).append(key.search_id).append(end);
}

template <typename N>
bool parse(std::string_view text, int base, N* out) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), *out, base);
  return error == std::errc() && rest == text.data() + text.size();
}

bool parse_key(std::string_view text, ReportKey* out) {
  text.remove_prefix(kReports.size());
  const size_t opening = text.rfind('/');
  if (opening == std::string_view::npos || opening == 0) return false;
  const size_t band = text.rfind('/', opening - 1);
  if (band == std::string_view::npos) return false;
  out->search_id = text.substr(0, band);
  return parse(text.substr(band + 1, opening - band - 1), 10, &out->band) &&
         parse(text.substr(opening + 1), 16, &out->opening_id);
}

std::string pack(const Entry& entry) {
  const bool doubt = entry.in_doubt() && (entry.tried.any() || entry.failures > 0);
  std::string out(doubt ? kDoubtBytes : kEntryBytes, '\0');
  std::memcpy(out.data(), entry.digest.data(), entry.digest.size());
  std::memcpy(out.data() + 16, &entry.timestamp_s, 8);
  std::memcpy(out.data() + 24, &entry.indicators, 4);
  std::memcpy(out.data() + 28, &entry.bytes, 4);
  std::memcpy(out.data() + 32, &entry.last_id, 8);
  if (!doubt) return out;
  std::memcpy(out.data() + 40, entry.tried.digest.data(), entry.tried.digest.size());
  std::memcpy(out.data() + 56, &entry.tried.timestamp_s, 8);
  std::memcpy(out.data() + 64, &entry.failures, 4);
  return out;
}

Entry unpack(std::string_view bytes) {
  Entry entry;
  std::memcpy(entry.digest.data(), bytes.data(), entry.digest.size());
  std::memcpy(&entry.timestamp_s, bytes.data() + 16, 8);
  std::memcpy(&entry.indicators, bytes.data() + 24, 4);
  std::memcpy(&entry.bytes, bytes.data() + 28, 4);
  std::memcpy(&entry.last_id, bytes.data() + 32, 8);
  if (bytes.size() < kDoubtBytes) return entry;
  std::memcpy(entry.tried.digest.data(), bytes.data() + 40, entry.tried.digest.size());
  std::memcpy(&entry.tried.timestamp_s, bytes.data() + 56, 8);
  std::memcpy(&entry.failures, bytes.data() + 64, 4);
  return entry;
}

}  // namespace

std::string ReportKey::report_id(std::string_view instance) const {
  return name_uuid({instance, search_id, std::to_string(band), std::to_string(opening_id)});
}

tqp::Result<Ledger> Ledger::load(const tqp::State& state) {
  Ledger ledger(state);
  TQP_ASSIGN(tqp::Scan scan, state.scan(""));
  while (scan.next()) {
    const std::string_view key = scan.key();
    if (key.substr(0, kReports.size()) == kReports) {
      ReportKey report;
      const size_t size = scan.value().size();
      if (!parse_key(key, &report) || (size != kEntryBytes && size != kDoubtBytes))
        return tqp::Error{TQP_E_CONFIG,
                          "the state entry " + std::string(key) +
                              " is damaged; restore a backup with `tqhost state import`, or forget "
                              "everything with `tqhost state reset` and run with --adopt"};
      ledger.reports_.emplace(std::move(report), unpack(scan.value()));
    } else if (key.substr(0, kCollections.size()) == kCollections) {
      ledger.collections_.emplace(key.substr(kCollections.size()), scan.value());
    } else {
      ledger.facts_.emplace(key, scan.value());
    }
  }
  TQP_TRY(scan.result());
  return ledger;
}

const Entry* Ledger::find(const ReportKey& key) const {
  const auto found = reports_.find(key);
  return found == reports_.end() ? nullptr : &found->second;
}

const Ledger::Known* Ledger::around(const std::string& search_id, int band,
                                    uint64_t indicator_id) const {
  // The last one that opens before the indicator.
  auto it = reports_.lower_bound(ReportKey{search_id, band, indicator_id});
  if (it == reports_.begin()) return nullptr;
  --it;
  const ReportKey& key = it->first;
  if (key.search_id != search_id || key.band != band || it->second.last_id < indicator_id)
    return nullptr;
  return &*it;
}

tqp::Result<void> Ledger::put(const ReportKey& key, const Entry& entry) {
  reports_[key] = entry;
  return state_.put(state_key(key), pack(entry));
}

tqp::Result<void> Ledger::erase(const ReportKey& key) {
  const std::string name = state_key(key);  // before the key goes: it may be the map's own
  reports_.erase(key);
  return state_.erase(name);
}

tqp::Result<void> Ledger::doubt(const ReportKey& key, uint64_t last_id, const Attempt& attempt) {
  const Entry* const known = find(key);
  Entry entry = known != nullptr ? *known : Entry();
  entry.digest = {};
  entry.last_id = std::max(entry.last_id, last_id);
  if (attempt.any()) entry.tried = attempt;
  return put(key, entry);
}

tqp::Result<void> Ledger::distrust(const ReportKey& key, int64_t timestamp_s) {
  const Entry* const known = find(key);
  Entry entry = known != nullptr ? *known : Entry();
  entry.digest = {};
  entry.timestamp_s = std::max({entry.timestamp_s, timestamp_s, entry.tried.timestamp_s});
  entry.tried = {};
  return put(key, entry);
}

tqp::Result<uint32_t> Ledger::count_failure(const ReportKey& key) {
  const Entry* const known = find(key);
  Entry entry = known != nullptr ? *known : Entry();
  entry.digest = {};
  ++entry.failures;
  TQP_TRY(put(key, entry));
  return entry.failures;
}

tqp::Result<void> Ledger::set(std::string_view name, std::string_view value) {
  std::string& fact = facts_[std::string(name)];
  if (fact == value) return {};
  fact = value;
  return state_.put(name, value);
}

std::string Ledger::get(std::string_view name) const {
  const auto found = facts_.find(name);
  return found == facts_.end() ? std::string() : found->second;
}

uint64_t Ledger::number(std::string_view name, uint64_t fallback) const {
  uint64_t value = 0;
  return parse(get(name), 10, &value) ? value : fallback;
}

double Ledger::Share::of(uint64_t rows) const {
  const double passed = static_cast<double>(kept), all = static_cast<double>(total);
  return static_cast<double>(rows) * (total > 0 ? std::min(passed / all, 1.0) : 1.0);
}

Ledger::Share Ledger::share(std::string_view search_id) const {
  const std::string text = get(std::string(kShares).append(search_id));
  const size_t of = text.find('/');
  Share share;
  if (of == std::string::npos || !parse(std::string_view(text).substr(0, of), 10, &share.kept) ||
      !parse(std::string_view(text).substr(of + 1), 10, &share.total))
    return {};
  return share;
}

tqp::Result<void> Ledger::set_share(std::string_view search_id, const Share& share) {
  return set(std::string(kShares).append(search_id),
             std::to_string(share.kept) + "/" + std::to_string(share.total));
}

tqp::Result<void> Ledger::remember_collection(std::string_view search_id, std::string_view name) {
  std::string& known = collections_[std::string(search_id)];
  if (known == name) return {};
  known = name;
  return state_.put(std::string(kCollections).append(search_id), name);
}

std::set<std::string> Ledger::search_ids_of(std::string_view collection) const {
  std::set<std::string> ids;
  for (const auto& [search_id, name] : collections_)
    if (name == collection) ids.insert(search_id);
  return ids;
}

std::string Ledger::name_of(const std::string& search_id) const {
  const auto found = collections_.find(search_id);
  return found == collections_.end() ? std::string() : found->second;
}

tqp::Result<void> Ledger::forget_collections() {
  for (auto it = collections_.begin(); it != collections_.end();) {
    const auto report = reports_.lower_bound(ReportKey{it->first, INT_MIN, 0});
    if (report != reports_.end() && report->first.search_id == it->first) {
      ++it;
      continue;
    }
    TQP_TRY(state_.erase(std::string(kCollections).append(it->first)));
    const std::string share = std::string(kShares).append(it->first);
    if (facts_.erase(share) > 0) TQP_TRY(state_.erase(share));
    it = collections_.erase(it);
  }
  return {};
}

tqp::Result<void> Ledger::forget_reports() {
  for (const auto& [key, entry] : reports_) TQP_TRY(state_.erase(state_key(key)));
  reports_.clear();
  return {};
}

tqp::Result<void> Ledger::forget_everything() {
  TQP_TRY(forget_reports());
  for (const auto& [search_id, name] : collections_)
    TQP_TRY(state_.erase(std::string(kCollections).append(search_id)));
  for (const auto& [name, value] : facts_) TQP_TRY(state_.erase(name));
  collections_.clear();
  facts_.clear();
  return {};
}

tqp::Result<void> Ledger::correct(const Remote& remote, std::string_view instance) {
  const std::map<ReportKey, Entry> believed = reports_;
  for (const auto& [key, entry] : believed) {
    const auto there = remote.find(key.report_id(instance));
    if (there == remote.end()) {
      TQP_TRY(erase(key));
      continue;
    }
    Entry corrected = entry;
    corrected.timestamp_s = there->second.timestamp_s;
    if (there->second.revision != Report::revision(entry.digest)) corrected.digest = {};
    TQP_TRY(put(key, corrected));
  }
  return {};
}

}  // namespace cb_edr
