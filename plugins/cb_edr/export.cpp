// SPDX-License-Identifier: Apache-2.0
#include "export.hpp"

#include <algorithm>
#include <charconv>

#include "cutting.hpp"
#include "write.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

double number(const std::string& text, double fallback) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size() ? value : fallback;
}

// Failures that concern the run as a whole; others concern one collection, and the rest go on.
bool ends_run(const Error& error) {
  return error.status == TQP_CANCELLED || error.status == TQP_E_AUTH || error.status == TQP_E_BUG;
}

}  // namespace

Export::Export(const tqp::Host& host, Settings settings, Ledger ledger)
    : host_(host),
      settings_(std::move(settings)),
      ledger_(std::move(ledger)),
      feed_(host_, settings_) {}

Result<void> Export::run() {
  if (host_.run.historical_ms())
    return Error{TQP_E_UNSUPPORTED,
                 "cb_edr exports whole data collections; --historical has no meaning for it"};
  TQP_TRY(feed_.find(ledger_));
  if (host_.run.no_record()) {
    host_.log.warning(
        "--no-differential sends everything and records nothing; it is for testing, never for "
        "production");
    // A mark that is not recorded would make the feed somebody else's for the next run.
    if (!feed_.in_order())
      return Error{TQP_E_CONFIG, "--no-differential needs the feed \"" + settings_.feed_name +
                                     "\" as a normal run leaves it; run once without it first"};
  }
  resend_ = host_.run.full() || host_.run.no_record();
  if (feed_.unknown()) {
    TQP_TRY(feed_.learn());
    TQP_TRY(ledger_.correct(feed_.remote(), host_.run.instance()));
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

Result<void> Export::choose_cut(const std::vector<Collection>& collections) {
  const double last_total = number(ledger_.get(Ledger::kTotal), 0);
  const double last_kept = number(ledger_.get(Ledger::kKept), 0);
  double total = 0;
  bool known = collections.size() == settings_.collections.size();
  for (const Collection& collection : collections) {
    total += static_cast<double>(collection.total());
    known = known && collection.total() > 0;
  }
  // Of the rows that ThreatQ counts only some types pass the filter: as many as last time.
  double indicators = total * (last_total > 0 ? std::min(last_kept / last_total, 1.0) : 1);
  if (!known) indicators = std::max(indicators, last_kept);
  const int current = static_cast<int>(number(ledger_.get(Ledger::kTargetBits), kFirstTargetBits));
  target_bits_ = choose_target_bits(indicators, current);
  return ledger_.set(Ledger::kTargetBits, std::to_string(target_bits_));
}

Result<void> Export::failed(const std::string& name, Error error, Unread* unread,
                            Plan* plan) const {
  if (ends_run(error)) return error;
  host_.log.error(error.message, {{"collection", name}});
  std::set<std::string> searches = ledger_.search_ids_of(name);
  if (searches.empty()) unread->of_unknown_search = true;
  unread->searches.merge(searches);
  plan->whole = false;
  if (!plan->first_failure) plan->first_failure = std::move(error);
  return {};
}

Result<Plan> Export::read_collections(Pass pass) {
  Plan plan;
  Unread unread;
  std::set<std::string> read, opened;
  std::vector<Collection> collections;
  for (const std::string& name : settings_.collections) {
    auto collection = Collection::open(host_, settings_, name);
    if (!collection.ok()) {
      TQP_TRY(failed(name, std::move(collection.error()), &unread, &plan));
    } else if (opened.insert(collection->search_id()).second) {
      if (pass == Pass::kEverything) collection->count_nothing();
      if (plan.threatq_url.empty()) {
        plan.threatq_url = collection->threatq_url();
        if (pass == Pass::kChanges && collection->frame().link_base.empty())
          host_.log.warning(
              "the reports have no links, because Carbon Black Cloud takes none to a name without "
              "a dot; set threatq_hostname",
              {{"threatq", plan.threatq_url}});
      }
      collections.push_back(collection.take());
    }
  }
  if (pass == Pass::kChanges) TQP_TRY(choose_cut(collections));

  uint64_t kept = 0, total = 0;
  for (Collection& collection : collections) {
    const std::string& search_id = collection.search_id();
    TQP_TRY(ledger_.remember_collection(search_id, collection.name()));
    const uint64_t bytes_before = plan.bytes, indicators_before = plan.indicators;
    const auto on_report = [&](const ReportKey& key, int severity, const Report& report) {
      return take(collection.frame(), key, severity, report, pass, &plan);
    };
    if (auto whole = collection.read(target_bits_, on_report); !whole.ok()) {
      // Its reports stay as they are: nothing of a part is written.
      std::erase_if(plan.send, [&](const Pending& p) { return p.key.search_id == search_id; });
      std::erase_if(plan.present, [&](const ReportKey& key) { return key.search_id == search_id; });
      plan.bytes = bytes_before;
      plan.indicators = indicators_before;
      TQP_TRY(failed(collection.name(), std::move(whole.error()), &unread, &plan));
      continue;
    }
    read.insert(search_id);
    kept += collection.kept();
    total += collection.total();
  }
  if (plan.whole) {
    TQP_TRY(ledger_.set(Ledger::kKept, std::to_string(kept)));
    TQP_TRY(ledger_.set(Ledger::kTotal, std::to_string(total)));
  }
  find_gone(read, unread, &plan);
  return plan;
}

Result<void> Export::take(const ReportFrame& frame, const ReportKey& key, int severity,
                          const Report& report, Pass pass, Plan* plan) {
  plan->present.insert(key);
  if (plan->present.size() > kReportsMost)
    return Error{TQP_E_UNSUPPORTED,
                 "more than 10,000 reports are needed, and the service takes no more in one feed; "
                 "spread the data collections over several instances"};
  plan->indicators += report.count();
  Entry entry;
  entry.digest = report.digest(frame, severity);
  entry.indicators = static_cast<uint32_t>(report.count());
  entry.last_id = report.last_id();

  const Entry* known = ledger_.find(key);
  const auto there = feed_.remote().find(key.report_id(host_.run.instance()));
  const bool remote = there != feed_.remote().end();
  const bool sure = known != nullptr && !known->in_doubt();
  const bool same = sure ? known->digest == entry.digest
                         : remote && there->second.revision == Report::revision(entry.digest);
  const bool changed = resend_ || !same;
  if (!changed && sure && pass == Pass::kChanges) {
    plan->bytes += known->bytes;
    return {};
  }
  report.tail(frame, severity, entry.digest, &tail_);
  entry.bytes = static_cast<uint32_t>(tail_.size());
  plan->bytes += tail_.size();

  // Rises with every change, and a repeat has equal bytes: nothing of it comes from the clock.
  entry.timestamp_s = std::max<int64_t>(report.newest_updated_ms() / 1000, 1);
  if (known != nullptr) entry.timestamp_s = std::max(entry.timestamp_s, known->timestamp_s + 1);
  if (remote) entry.timestamp_s = std::max(entry.timestamp_s, there->second.timestamp_s + 1);
  if (!changed) {
    entry.timestamp_s = sure ? known->timestamp_s : there->second.timestamp_s;
    // The feed says itself that it has this content, which the ledger did not know.
    if (!sure) TQP_TRY(ledger_.put(key, entry));
    if (pass == Pass::kChanges) return {};
  }
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(tail_));
  plan->send.push_back({key, entry, std::move(body), changed});
  return {};
}

void Export::find_gone(const std::set<std::string>& read, const Unread& unread, Plan* plan) const {
  for (const auto& [key, entry] : ledger_.reports()) {
    if (plan->present.count(key) > 0) continue;
    // A collection that is no longer in the settings goes, but not while a name in the settings is
    // unknown: it may be the same one, mistyped.
    const bool stays = unread.of_unknown_search || unread.searches.count(key.search_id) > 0;
    if (read.count(key.search_id) > 0 || !stays) plan->gone.push_back(key);
  }
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
  // Moved boundaries make many reports go and others come with the same indicators: that is no
  // loss.
  const bool losing = indicators_after < indicators_before / 2 || indicators_after == 0;
  if (reports_gone * 2 <= reports_before || !losing || resend_) return {};
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
