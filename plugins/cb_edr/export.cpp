// SPDX-License-Identifier: Apache-2.0
#include "export.hpp"

#include <algorithm>
#include <charconv>

#include "cutting.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

// What a request costs beside its body, in bytes: so that a thousand small writes are not thought
// cheaper than one of the same size. The vendor advises against long series of single-report calls.
constexpr uint64_t kRequestCostBytes = 16 * 1024;
constexpr std::string_view kBulkBegin = R"({"reports":[)";
constexpr std::string_view kBulkEnd = "]}";

double number(const std::string& text, double fallback) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size() ? value : fallback;
}

// Failures that concern the run as a whole; others concern one collection, and the rest go on.
bool ends_run(const Error& error) {
  return error.status == TQP_CANCELLED || error.status == TQP_E_AUTH || error.status == TQP_E_BUG;
}

std::string plural(uint64_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
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
  resend_ = host_.run.full() || host_.run.no_record() || feed_.unknown_content();
  if (host_.run.no_record())
    host_.log.warning(
        "--no-differential sends everything and records nothing; it is for testing, never for "
        "production");

  TQP_ASSIGN(Plan plan, read_collections(Pass::kFirst));
  TQP_TRY(brake(plan));
  if (plan.whole || !plan.present.empty() || !plan.gone.empty()) TQP_TRY(write(plan));
  if (plan.first_failure) return std::move(*plan.first_failure);
  return {};
}

Result<int> Export::choose_cut(const std::vector<Collection>& collections) {
  double total = 0;
  for (const Collection& collection : collections) total += static_cast<double>(collection.total());
  // Of the rows that ThreatQ counts only some types pass the filter: as many as last time.
  const double last_total = number(ledger_.get(Ledger::kTotal), 0);
  const double share =
      last_total > 0 ? number(ledger_.get(Ledger::kKept), last_total) / last_total : 1;
  const int current = static_cast<int>(number(ledger_.get(Ledger::kTargetBits), kFirstTargetBits));
  const int bits = choose_target_bits(total * std::min(share, 1.0), current);
  TQP_TRY(ledger_.set(Ledger::kTargetBits, std::to_string(bits)));
  return bits;
}

Result<Export::Plan> Export::read_collections(Pass pass) {
  // Bodies of unchanged reports are kept only when everything is to be written again.
  const bool keep_all = resend_ || pass == Pass::kAgain;
  Plan plan;
  std::set<std::string>
      known_searches;  // still configured: whatever happens to them, they are not gone
  const auto failed = [&](const std::string& name, Error error) -> Result<void> {
    if (ends_run(error)) return error;
    host_.log.error(error.message, {{"collection", name}});
    plan.whole = false;
    if (!plan.first_failure) plan.first_failure = std::move(error);
    if (const auto search_id = ledger_.search_id_of(name)) known_searches.insert(*search_id);
    return {};
  };

  std::vector<Collection> collections;
  for (const std::string& name : settings_.collections) {
    auto collection = Collection::open(host_, settings_, name);
    if (!collection.ok()) {
      TQP_TRY(failed(name, std::move(collection.error())));
    } else if (known_searches.insert(collection->search_id()).second) {
      if (pass == Pass::kAgain) collection->count_nothing();
      if (plan.threatq_url.empty()) plan.threatq_url = collection->threatq_url();
      collections.push_back(collection.take());
    }
  }
  TQP_ASSIGN(const int target_bits, choose_cut(collections));

  uint64_t kept = 0, total = 0;
  for (Collection& collection : collections) {
    TQP_TRY(ledger_.remember_collection(collection.search_id(), collection.name()));
    const auto on_report = [&](const ReportKey& key, int severity, Report& report) {
      return take(collection.frame(), key, severity, report, keep_all, &plan);
    };
    if (auto read = collection.read(target_bits, on_report); !read.ok()) {
      // Its reports stay as they are: nothing of a part is written.
      std::erase_if(plan.send,
                    [&](const Pending& p) { return p.key.search_id == collection.search_id(); });
      std::erase_if(plan.present,
                    [&](const ReportKey& key) { return key.search_id == collection.search_id(); });
      TQP_TRY(failed(collection.name(), std::move(read.error())));
      known_searches.insert(collection.search_id());
      continue;
    }
    known_searches.erase(collection.search_id());
    kept += collection.kept();
    total += collection.total();
  }
  if (plan.whole) {
    TQP_TRY(ledger_.set(Ledger::kKept, std::to_string(kept)));
    TQP_TRY(ledger_.set(Ledger::kTotal, std::to_string(total)));
  }
  find_gone(known_searches, &plan);
  return plan;
}

Result<void> Export::take(const ReportFrame& frame, const ReportKey& key, int severity,
                          Report& report, bool keep_all, Plan* plan) {
  plan->present.insert(key);
  if (plan->present.size() > kReportsMost)
    return Error{TQP_E_UNSUPPORTED,
                 "more than 10,000 reports are needed, and the service takes no more in one feed; "
                 "spread the data collections over several instances"};
  plan->indicators += report.count();
  const Digest digest = report.digest(frame, severity);
  const Entry* known = ledger_.find(key);
  if (!keep_all && known != nullptr && known->digest == digest) {
    plan->bytes += known->bytes;
    return {};
  }
  const std::string_view tail = report.tail(frame, severity, &json_);
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(tail));

  Entry entry;
  entry.digest = digest;
  entry.indicators = static_cast<uint32_t>(report.count());
  entry.bytes = static_cast<uint32_t>(tail.size());
  // Rises with every change, and a repeat has equal bytes: nothing of it comes from the clock.
  entry.timestamp_s = std::max<int64_t>(report.newest_updated_ms() / 1000, 1);
  if (known != nullptr) entry.timestamp_s = std::max(entry.timestamp_s, known->timestamp_s + 1);
  if (const auto at = feed_.remote().find(key.report_id(host_.run.instance()));
      at != feed_.remote().end())
    entry.timestamp_s = std::max(entry.timestamp_s, at->second + 1);
  plan->bytes += tail.size();
  plan->send.push_back({key, entry, std::move(body)});
  return {};
}

void Export::find_gone(const std::set<std::string>& known_searches, Plan* plan) const {
  for (const auto& [key, entry] : ledger_.reports())
    if (plan->present.count(key) == 0 && known_searches.count(key.search_id) == 0)
      plan->gone.push_back(key);
}

Result<void> Export::brake(const Plan& plan) const {
  const size_t before = ledger_.reports().size();
  uint64_t indicators_before = 0;
  for (const auto& [key, entry] : ledger_.reports()) indicators_before += entry.indicators;
  uint64_t indicators_gone = 0;
  for (const ReportKey& key : plan.gone) indicators_gone += ledger_.find(key)->indicators;
  // Moved boundaries make many reports go and others come with the same indicators: that is no
  // loss.
  uint64_t indicators_after = plan.indicators;
  for (const auto& [key, entry] : ledger_.reports())
    if (plan.present.count(key) == 0) indicators_after += entry.indicators;
  indicators_after -= indicators_gone;
  const bool losing = indicators_after < indicators_before / 2 || indicators_after == 0;
  if (plan.gone.size() * 2 <= before || !losing || host_.run.full() || host_.run.no_record())
    return {};
  Error error{
      TQP_E_CONFIG,
      "this run would delete " + plural(plan.gone.size(), "report") + " of " +
          std::to_string(before) + " (" + plural(indicators_gone, "indicator") +
          ") from the feed \"" + settings_.feed_name +
          "\"; an emptied or unshared data collection is the usual cause. Nothing was changed. If "
          "it is meant, run once with --full"};
  error.field = "/data_collections";
  return error;
}

bool Export::bulk_is_cheaper(const Plan& plan) const {
  if (!plan.whole || plan.present.empty()) return false;
  uint64_t each = (plan.send.size() + plan.gone.size()) * kRequestCostBytes;
  for (const Pending& pending : plan.send) each += pending.entry.bytes;
  const uint64_t bulk = plan.bytes + kRequestCostBytes;
  constexpr uint64_t kHeadBytes = 96;  // an upper bound of a report's head and comma
  return bulk < each && plan.bytes + plan.present.size() * kHeadBytes <= settings_.bulk_limit_bytes;
}

Result<void> Export::write(Plan& plan) {
  TQP_TRY(feed_.ensure(ledger_, plan.threatq_url));
  const size_t sent = plan.send.size();
  bool written = false;
  if (bulk_is_cheaper(plan)) {
    std::set<std::string> ours;
    for (const ReportKey& key : plan.present) ours.insert(key.report_id(host_.run.instance()));
    for (const auto& [key, entry] : ledger_.reports())
      ours.insert(key.report_id(host_.run.instance()));
    // What an unknown feed holds was found when it was claimed, and adopting it means to replace
    // that.
    TQP_ASSIGN(const bool foreign,
               feed_.unknown_content() ? Result<bool>(false) : feed_.has_foreign_reports(ours));
    if (foreign)
      host_.log.warning(
          "somebody put reports of their own into the feed; it is written report by report to keep "
          "them");
    if (!foreign && plan.send.size() < plan.present.size()) {
      TQP_ASSIGN(plan,
                 read_collections(Pass::kAgain));  // the bodies of unchanged reports were not kept
      TQP_TRY(brake(plan));
    }
    if (!foreign && bulk_is_cheaper(plan) && plan.send.size() == plan.present.size()) {
      TQP_ASSIGN(written, write_bulk(plan));
    }
  }
  if (!written) {
    TQP_TRY(write_each(plan));
    TQP_TRY(delete_gone(plan));
  }
  TQP_TRY(feed_.subscribe(ledger_));
  TQP_TRY(ledger_.commit());  // facts about the cut
  host_.run.count(TQP_COUNT_UNCHANGED,
                  plan.indicators - std::min(plan.indicators, sent_indicators_));
  say_done(plan, sent);
  return {};
}

Result<bool> Export::write_bulk(Plan& plan) {
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(kBulkBegin));
  bool first = true;
  for (const Pending& pending : plan.send) {
    if (!std::exchange(first, false)) TQP_TRY(body.write(","));
    TQP_TRY(body.write(
        Report::head(pending.key.report_id(host_.run.instance()), pending.entry.timestamp_s)));
    TQP_TRY(body.append(pending.tail));
  }
  TQP_TRY(body.write(kBulkEnd));
  host_.run.progress(0, plan.send.size(),
                     "sending " + plural(plan.send.size(), "report") + " in one piece");

  if (auto replaced = feed_.api().replace_reports(feed_.id(), body); !replaced.ok()) {
    const Error& error = replaced.error();
    if (error.skipped()) return true;
    // Too large, too slow, unknown outcome, or one report that the service does not like: report by
    // report each of these is settled, and what the service may have taken already is written again
    // with equal bytes.
    const bool in_pieces = error.http_status == 413 || error.http_status == 504 ||
                           error.http_status == 400 ||
                           (error.http_status == 0 && error.status == TQP_E_TRANSIENT);
    if (!in_pieces) return std::move(replaced.error());
    host_.log.warning("the feed could not be written in one piece; going on report by report",
                      {{"reason", error.message}});
    return false;
  }
  for (const Pending& pending : plan.send) {
    TQP_TRY(ledger_.put(pending.key, pending.entry));
    count_sent(pending);
  }
  for (const ReportKey& key : plan.gone) {
    host_.run.count(TQP_COUNT_DELETED, ledger_.find(key)->indicators);
    TQP_TRY(ledger_.erase(key));
  }
  TQP_TRY(ledger_.commit());
  return true;
}

Result<void> Export::write_each(Plan& plan) {
  // Last boundary first: when a report was split, its second half must stand before the first one
  // is shortened, so that an indicator that still exists is never missing in between. Deletions
  // come last for the same reason.
  std::sort(plan.send.begin(), plan.send.end(),
            [](const Pending& a, const Pending& b) { return a.key < b.key; });
  const uint64_t total = plan.send.size();
  while (!plan.send.empty()) {
    TQP_TRY(host_.run.go_on());
    host_.run.progress(total - plan.send.size(), total, "sending reports");
    TQP_TRY(write_one(plan.send.back()));
    plan.send.pop_back();
  }
  return {};
}

Result<void> Export::write_one(Pending& pending) {
  const std::string report_id = pending.key.report_id(host_.run.instance());
  for (bool raised = false;; raised = true) {
    TQP_ASSIGN(tqp::Body body, host_.http.body());
    TQP_TRY(body.write(Report::head(report_id, pending.entry.timestamp_s)));
    TQP_TRY(body.append(pending.tail));
    auto written = feed_.api().put_report(feed_.id(), report_id, body);
    if (written.ok()) break;
    Error& error = written.error();
    if (error.skipped()) {
      count_sent(pending);
      return {};
    }
    if (error.http_status == 404) {
      error.status = TQP_E_TRANSIENT;
      error.message += "; the feed has disappeared, the next run makes it again";
    }
    if (error.http_status != 400) return std::move(error);
    // The report may stand there with a newer timestamp than the ledger knows (a restored backup, a
    // run that recorded nothing); otherwise the service does not like this report, and the others
    // go on.
    auto there = raised ? Result<ReportHead>(Error{}) : feed_.api().report(feed_.id(), report_id);
    if (!there.ok() || there->timestamp_s < pending.entry.timestamp_s) {
      host_.run.reject("report", report_id, error.message);
      return {};
    }
    pending.entry.timestamp_s = there->timestamp_s + 1;
  }
  TQP_TRY(ledger_.put(pending.key, pending.entry));
  TQP_TRY(ledger_.commit());
  count_sent(pending);
  return {};
}

Result<void> Export::delete_gone(Plan& plan) {
  std::map<std::string, const ReportKey*> gone;
  for (const ReportKey& key : plan.gone) gone.emplace(key.report_id(host_.run.instance()), &key);
  if (feed_.unknown_content() && plan.whole) {
    // What else stands in an adopted feed goes too; what is not there needs no request.
    std::set<std::string> present;
    for (const ReportKey& key : plan.present) present.insert(key.report_id(host_.run.instance()));
    for (const auto& [report_id, timestamp] : feed_.remote())
      if (present.count(report_id) == 0) gone.emplace(report_id, nullptr);
  }
  for (const auto& [report_id, key] : gone) {
    TQP_TRY(host_.run.go_on());
    const bool there = !feed_.unknown_content() || feed_.remote().count(report_id) > 0;
    if (there) {
      if (auto deleted = feed_.api().delete_report(feed_.id(), report_id); !deleted.ok()) {
        if (!deleted.error().skipped()) return deleted;
        continue;
      }
    }
    if (key == nullptr) continue;
    host_.run.count(TQP_COUNT_DELETED, ledger_.find(*key)->indicators);
    TQP_TRY(ledger_.erase(*key));
    TQP_TRY(ledger_.commit());
  }
  return {};
}

void Export::count_sent(const Pending& pending) {
  sent_indicators_ += pending.entry.indicators;
  host_.run.count(TQP_COUNT_SENT, pending.entry.indicators);
}

void Export::say_done(const Plan& plan, size_t sent) const {
  host_.log.info("feed \"" + settings_.feed_name + "\": " + plural(plan.present.size(), "report") +
                 " with " + plural(plan.indicators, "indicator") + "; " + std::to_string(sent) +
                 (host_.run.dry() ? " to send, " : " sent, ") + std::to_string(plan.gone.size()) +
                 (host_.run.dry() ? " to delete" : " deleted"));
}

}  // namespace cb_edr
