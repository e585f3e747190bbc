// SPDX-License-Identifier: Apache-2.0
#include "export.hpp"

#include <algorithm>
#include <utility>

#include "bulk_writer.hpp"
#include "cutting.hpp"
#include "write.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

// Failures that concern the run as a whole; others concern one collection, and the rest go on.
bool ends_run(const Error& error) {
  return error.status == TQP_CANCELLED || error.status == TQP_E_AUTH || error.status == TQP_E_BUG;
}

Error too_many(size_t places) {
  const std::string others = places < kReportsMost ? ", of which other people's reports take " +
                                                         std::to_string(kReportsMost - places)
                                                   : std::string();
  return {TQP_E_UNSUPPORTED, "more reports are needed than one feed takes (10,000" + others +
                                 "); spread the data collections over several instances"};
}

}  // namespace

Export::Export(const tqp::Host& host, Settings settings, Ledger ledger)
    : host_(host),
      settings_(std::move(settings)),
      ledger_(std::move(ledger)),
      feed_(host_, settings_) {}

Result<void> Export::may_run() const {
  if (!host_.run.no_record()) return {};
  host_.log.warning(
      "--no-differential sends everything and records nothing but that it was; it is for testing, "
      "never for production");
  // A mark that is not recorded would make the feed somebody else's for the next run.
  if (feed_.in_order()) return {};
  return Error{TQP_E_CONFIG, "--no-differential needs the feed \"" + settings_.feed_name +
                                 "\" as a normal run leaves it; run once without it first"};
}

Result<void> Export::run() {
  if (host_.run.historical_ms())
    return Error{TQP_E_UNSUPPORTED,
                 "cb_edr exports whole data collections; --historical has no meaning for it"};
  TQP_TRY(feed_.find(ledger_));
  TQP_TRY(may_run());
  resend_ = host_.run.full() || host_.run.no_record();
  // What the ledger says is believed where the feed is known, compared where that may be wrong, and
  // corrected where it is of another feed.
  if (feed_.unknown() || host_.run.relearn()) TQP_TRY(feed_.learn());
  if (feed_.unknown()) {
    TQP_TRY(ledger_.correct(feed_.remote(), host_.run.instance()));
    TQP_TRY(ledger_.set(Ledger::kOthers, ""));  // of another feed, or of another time
  }

  TQP_ASSIGN(Plan plan, read_collections(Pass::kChanges));
  TQP_TRY(brake(plan));
  const auto read_everything = [this]() -> Result<Plan> {
    TQP_ASSIGN(Plan everything, read_collections(Pass::kEverything));
    TQP_TRY(brake(everything));
    return everything;
  };
  if (plan.whole || !plan.present.empty() || !plan.gone.empty())
    TQP_TRY(Writer(host_, settings_, ledger_, feed_).write(plan, read_everything));
  if (plan.first_failure) return std::move(*plan.first_failure);
  return {};
}

size_t Export::places() const {
  if (feed_.adopting()) return kReportsMost;  // the others go
  const uint64_t others = ledger_.number(Ledger::kOthers, 0);
  return kReportsMost - std::min<uint64_t>(others, kReportsMost - 1);
}

Result<void> Export::choose_cut(const std::vector<Collection>& collections) {
  double indicators = 0;
  bool known = collections.size() == settings_.collections.size();
  for (const Collection& collection : collections) {
    // Of the rows that ThreatQ counts only some types pass the filter: as many as last time.
    indicators += ledger_.share(collection.search_id()).of(collection.total());
    known = known && collection.total() > 0;
  }
  if (!known)
    indicators = std::max(indicators, static_cast<double>(ledger_.number(Ledger::kKept, 0)));
  const auto current = static_cast<int>(ledger_.number(Ledger::kTargetBits, kFirstTargetBits));
  target_bits_ = choose_target_bits(indicators, current, places());
  return ledger_.set(Ledger::kTargetBits, std::to_string(target_bits_));
}

// Whether the feed has more places than the ledger remembers: people may have taken theirs away.
Result<bool> Export::places_grew(const Plan& plan) {
  const size_t before = places();
  if (before == kReportsMost || std::exchange(counted_others_, true)) return false;
  TQP_TRY(feed_.others(our_ids(plan, ledger_, host_.run.instance()), ledger_));
  return places() > before;
}

// More passed the filter than was foreseen: as many as the rest will have, by what was read.
Result<void> Export::cut_larger(const Reading& reading) {
  if (target_bits_ >= kMostTargetBits) return too_many(places());
  double rows = 0, total = 0, kept = 0;
  for (const Collection& collection : reading.collections) {
    rows += static_cast<double>(collection.rows());
    total += static_cast<double>(collection.total());
    kept += static_cast<double>(collection.kept());
  }
  if (rows > 0) kept *= std::max(total / rows, 1.0);
  // Never the same again: short last reports may need more places than the mean says.
  target_bits_ = std::max(target_bits_ + 1, choose_target_bits(kept, target_bits_ + 1, places()));
  host_.log.info("the feed has not the places for so many reports: reading again for larger ones",
                 {{"indicators", static_cast<uint64_t>(kept)}, {"target_bits", target_bits_}});
  return ledger_.set(Ledger::kTargetBits, std::to_string(target_bits_));
}

Result<void> Export::failed(const std::string& name, Error error, Reading* reading) const {
  if (ends_run(error)) return error;
  host_.log.error(error.message, {{"collection", name}});
  std::set<std::string> searches = ledger_.search_ids_of(name);
  if (searches.empty()) reading->unread.of_unknown_search = true;
  reading->unread.searches.merge(searches);
  reading->plan.whole = false;
  if (!reading->plan.first_failure) reading->plan.first_failure = std::move(error);
  return {};
}

Result<Plan> Export::read_collections(Pass pass) {
  target_bits_ = pass == Pass::kChanges ? 0 : target_bits_;
  while (true) {
    Reading reading{pass};
    TQP_TRY(read_once(&reading));
    if (!reading.too_many) {
      find_gone(&reading);
      if (feed_.learned()) find_strays(&reading.plan);
      return std::move(reading.plan);
    }
    if (pass == Pass::kEverything) return too_many(places());
    TQP_ASSIGN(const bool grown, places_grew(reading.plan));
    if (!grown) TQP_TRY(cut_larger(reading));
    for (const Collection& collection : reading.collections) {
      uint64_t& counted = rows_read_[collection.search_id()];
      counted = std::max(counted, collection.rows());
    }
  }
}

Result<void> Export::open_collections(Reading* reading) {
  std::set<std::string> opened;
  const bool first = target_bits_ == 0;
  for (const std::string& name : settings_.collections) {
    auto collection = Collection::open(host_, settings_, name);
    if (!collection.ok()) {
      TQP_TRY(failed(name, std::move(collection.error()), reading));
      continue;
    }
    if (!opened.insert(collection->search_id()).second) continue;
    const bool again = reading->pass == Pass::kEverything;
    collection->count_after(again ? UINT64_MAX : rows_read_[collection->search_id()]);
    if (reading->plan.threatq_url.empty()) {
      reading->plan.threatq_url = collection->threatq_url();
      if (first && collection->frame().link_base.empty())
        host_.log.warning(
            "the reports have no links, because Carbon Black Cloud takes none to a name without "
            "a dot; set threatq_hostname",
            {{"threatq", reading->plan.threatq_url}});
    }
    reading->collections.push_back(collection.take());
  }
  return first ? choose_cut(reading->collections) : Result<void>();
}

Result<void> Export::read_once(Reading* reading) {
  TQP_TRY(open_collections(reading));
  Plan& plan = reading->plan;
  uint64_t kept = 0;
  for (Collection& collection : reading->collections) {
    const std::string& search_id = collection.search_id();
    TQP_TRY(ledger_.remember_collection(search_id, collection.name()));
    const uint64_t bytes_before = plan.bytes, indicators_before = plan.indicators;
    const auto on_report = [&](const ReportKey& key, int severity, const Report& report) {
      return take(collection.frame(), key, severity, report, reading);
    };
    if (auto whole = collection.read(target_bits_, on_report); !whole.ok()) {
      if (reading->too_many) return {};
      // Its reports stay as they are: nothing of a part is written.
      std::erase_if(plan.send, [&](const Pending& p) { return p.key.search_id == search_id; });
      std::erase_if(plan.present, [&](const ReportKey& key) { return key.search_id == search_id; });
      plan.bytes = bytes_before;
      plan.indicators = indicators_before;
      TQP_TRY(failed(collection.name(), std::move(whole.error()), reading));
      continue;
    }
    reading->read.insert(search_id);
    kept += collection.kept();
    if (collection.total() > 0)
      TQP_TRY(ledger_.set_share(search_id, {collection.kept(), collection.total()}));
  }
  return plan.whole ? ledger_.set(Ledger::kKept, std::to_string(kept)) : Result<void>();
}

// Whether the report is to be written. What the ledger says to have changed is, also when an
// unrecorded run has written it already.
bool Export::is_changed(const Entry* known, const ReportHead* there, const Entry& entry) const {
  if (resend_) return true;
  // Found different by a verification, whatever it says of itself.
  if (known != nullptr && known->in_doubt() && !known->tried.any()) return true;
  const bool stands = there != nullptr && there->revision == Report::revision(entry.digest);
  if (known == nullptr || known->in_doubt()) return !stands;
  return known->digest != entry.digest || (feed_.learned() && !stands);
}

// Rises with every change, and a repeat has equal bytes: nothing of it comes from the clock.
int64_t Export::timestamp_of(const Entry* known, const ReportHead* there, const Entry& entry,
                             int64_t newest_updated_ms) const {
  int64_t at_s = std::max<int64_t>(newest_updated_ms / 1000, 1);
  if (known != nullptr) at_s = std::max(at_s, known->timestamp_s + 1);
  if (known != nullptr && known->in_doubt() && known->tried.any())
    at_s = known->tried.digest == entry.digest ? known->tried.timestamp_s
                                               : std::max(at_s, known->tried.timestamp_s + 1);
  if (there != nullptr) at_s = std::max(at_s, there->timestamp_s + 1);
  return at_s;
}

Result<void> Export::take(const ReportFrame& frame, const ReportKey& key, int severity,
                          const Report& report, Reading* reading) {
  Plan& plan = reading->plan;
  plan.present.insert(key);
  if (plan.present.size() > places()) {
    reading->too_many = true;
    return too_many(places());
  }
  plan.indicators += report.count();
  Entry entry;
  entry.digest = report.digest(frame, severity);
  entry.indicators = static_cast<uint32_t>(report.count());
  entry.last_id = report.last_id();

  const Entry* const known = ledger_.find(key);
  const auto found = feed_.remote().find(key.report_id(host_.run.instance()));
  const ReportHead* const there = found == feed_.remote().end() ? nullptr : &found->second;
  const bool sure = known != nullptr && !known->in_doubt();
  const bool changed = is_changed(known, there, entry);
  if (!changed && sure && reading->pass == Pass::kChanges) {
    plan.bytes += known->bytes;
    return {};
  }
  report.tail(frame, severity, entry.digest, &tail_);
  entry.bytes = static_cast<uint32_t>(tail_.size());
  plan.bytes += tail_.size();
  if (changed) {
    entry.timestamp_s = timestamp_of(known, there, entry, report.newest_updated_ms());
  } else {
    entry.timestamp_s = sure ? known->timestamp_s : there->timestamp_s;
    // The feed says itself that it has this content, which the ledger did not know.
    if (!sure) {
      TQP_TRY(ledger_.put(key, entry));
      host_.run.accept(kReportItem, key.report_id(host_.run.instance()));
    }
    if (reading->pass == Pass::kChanges) return {};
  }
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(tail_));
  const bool stands = feed_.learned() ? there != nullptr : known != nullptr && known->may_stand();
  plan.send.push_back({key, entry, std::move(body), changed, !stands});
  return {};
}

void Export::find_gone(Reading* reading) const {
  Plan& plan = reading->plan;
  const Unread& unread = reading->unread;
  plan.standing = feed_.learned() ? feed_.remote().size() : ledger_.number(Ledger::kOthers, 0);
  for (const auto& [key, entry] : ledger_.reports()) {
    plan.standing += !feed_.learned() && entry.may_stand() ? 1 : 0;
    if (plan.present.count(key) > 0) continue;
    // A collection that is no longer in the settings goes, but not while a name in the settings is
    // unknown: it may be the same one, mistyped.
    const bool was_read = reading->read.count(key.search_id) > 0;
    const bool stays = unread.of_unknown_search || unread.searches.count(key.search_id) > 0;
    if (was_read || !stays) plan.gone.push_back(key);
    if (!was_read && !stays) plan.gone_searches.insert(key.search_id);
  }
}

void Export::find_strays(Plan* plan) const {
  const std::set<std::string> known = our_ids(*plan, ledger_, host_.run.instance());
  for (const auto& [id, report] : feed_.remote())
    if (feed_.made_by_us(report) && known.count(id) == 0) plan->strays.insert(id);
}

Result<void> Export::brake(const Plan& plan) const {
  size_t reports_before = 0, reports_gone = 0;
  uint64_t indicators_before = 0, indicators_gone = 0, indicators_after = plan.indicators;
  for (const auto& [key, entry] : ledger_.reports()) {
    if (!entry.stood()) continue;
    ++reports_before;
    indicators_before += entry.indicators;
    if (plan.present.count(key) == 0) indicators_after += entry.indicators;
  }
  for (const ReportKey& key : plan.gone) {
    const Entry& entry = *ledger_.find(key);
    if (!entry.stood()) continue;
    ++reports_gone;
    indicators_gone += entry.indicators;
  }
  indicators_after -= indicators_gone;
  if (plan.whole) {
    for (const std::string& id : plan.strays) {
      ++reports_before;
      ++reports_gone;
      indicators_before += feed_.remote().at(id).iocs;
      indicators_gone += feed_.remote().at(id).iocs;
    }
  }
  // Moved boundaries make many reports go and others come with the same indicators: that is no
  // loss.
  const bool losing = indicators_after < indicators_before / 2 || indicators_after == 0;
  if (reports_gone * 2 <= reports_before || !losing || host_.run.full()) return {};
  Error error{TQP_E_CONFIG,
              "this run would delete " + plural(reports_gone, "report") + " of " +
                  std::to_string(reports_before) + " (" + plural(indicators_gone, "indicator") +
                  ") from the feed \"" + settings_.feed_name +
                  "\"; an emptied or unshared data collection is the usual cause. Nothing was "
                  "changed. If it is meant, run once with --full"};
  error.field = "/data_collections";
  return error;
}

}  // namespace cb_edr
