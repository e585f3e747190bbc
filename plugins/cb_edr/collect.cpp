// SPDX-License-Identifier: Apache-2.0
#include "collect.hpp"

#include <algorithm>
#include <tqp/json_reader.hpp>

#include "cutting.hpp"

namespace cb_edr {

tqp::Result<Description> describe(const tqp::Cursor& cursor, const std::string& name) {
  TQP_ASSIGN(const std::string json, cursor.describe());
  Description out;
  tqp::JsonReader reader{std::string_view(json)};
  TQP_TRY(reader.expect(tqp::Token::kBeginObject));
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) break;
    const std::string member(reader.text());
    TQP_ASSIGN(const tqp::Token value, reader.next());
    const bool scalar = value == tqp::Token::kString || value == tqp::Token::kNumber;
    if (member == "id" && scalar) out.search_id = reader.text();
    if (member == "link_base" && value == tqp::Token::kString) out.link_base = reader.text();
    if (member == "total" && value == tqp::Token::kNumber) out.total = reader.uint64().value_or(0);
    TQP_TRY(reader.skip(value));
  }
  TQP_TRY(reader.finish());
  if (out.search_id.empty())
    return tqp::Error{TQP_E_TRANSIENT,
                      "ThreatQ tells no id of the data collection \"" + name + "\""};
  return out;
}

int band_of(const std::optional<int>& fixed_severity, int score) {
  return fixed_severity ? 0 : std::clamp(score, 1, 10);
}

tqp::Result<Collection> Collection::open(const tqp::Host& host, const Settings& settings,
                                         const std::string& name) {
  TQP_ASSIGN(tqp::Cursor cursor,
             settings.severity ? host.threatq.open(name, {"value", "type", "updated_ms"})
                               : host.threatq.open(name, {"value", "type", "updated_ms", "score"}));
  TQP_ASSIGN(Description description, describe(cursor, name));
  Collection collection(host, settings, std::move(cursor));
  collection.search_id_ = std::move(description.search_id);
  collection.total_ = description.total;
  collection.frame_.collection = name;
  collection.frame_.tags = settings.tags;
  collection.frame_.link_base =
      settings.link_base.empty() ? description.link_base : settings.link_base;
  const std::string& base = collection.frame_.link_base;
  collection.threatq_url_ = base.substr(0, base.rfind("indicators/"));
  if (!linkable(collection.frame_.link_base)) collection.frame_.link_base.clear();
  return tqp::Result<Collection>(std::move(collection));
}

Kind Collection::kind_of_type(uint32_t type) {
  while (kinds_.size() <= type) {
    kinds_.push_back(kind_of(cursor_.type_name(static_cast<uint32_t>(kinds_.size()))));
    skipped_types_.push_back(0);
  }
  return kinds_[type];
}

tqp::Result<void> Collection::finish(int band, const Take& take) {
  Report& report = open_[static_cast<size_t>(band)];
  const ReportKey key{search_id_, band, report.opening_id()};
  TQP_TRY(take(key, fixed_severity_.value_or(band), report));
  report.open(report.last_id());
  return {};
}

void Collection::count_batch(uint32_t rows) {
  rows_ += rows;
  run_.progress(rows_, total_, "reading " + name());
  if (rows_ <= counted_rows_) {
    std::fill(skipped_types_.begin(), skipped_types_.end(), 0);
    skipped_values_.fill(0);
    sharing_lately_ = 0;
    return;
  }
  run_.count(TQP_COUNT_READ, std::min<uint64_t>(rows, rows_ - counted_rows_));
  for (size_t type = 0; type < skipped_types_.size(); ++type) {
    if (skipped_types_[type] == 0) continue;
    const std::string reason =
        "type " + std::string(cursor_.type_name(static_cast<uint32_t>(type)));
    run_.count(TQP_COUNT_SKIPPED, std::exchange(skipped_types_[type], 0), reason);
  }
  for (size_t refusal = 0; refusal < skipped_values_.size(); ++refusal)
    if (skipped_values_[refusal] > 0)
      run_.count(TQP_COUNT_SKIPPED, std::exchange(skipped_values_[refusal], 0),
                 refusal_reason(static_cast<Refusal>(refusal)));
  // Nothing is sent for them alone: their value is in the feed by another indicator.
  sharing_ += sharing_lately_;
  run_.count(TQP_COUNT_UNCHANGED, std::exchange(sharing_lately_, 0));
}

tqp::Result<void> Collection::read(int target_bits, const Take& take) {
  for (Report& report : open_) report.open(0);
  std::string value;
  while (const tqp_indicators* batch = cursor_.next_batch()) {
    TQP_TRY(run_.go_on());
    for (uint32_t row = 0; row < batch->count; ++row) {
      const tqp::Indicator indicator(batch, row);
      const Kind kind = kind_of_type(indicator.type());
      if (kind == Kind::kOther) {
        ++skipped_types_[indicator.type()];
        continue;
      }
      const Normal normal = normalise(kind, indicator.value(), &value);
      if (normal.refusal != Refusal::kNone) {
        ++skipped_values_[static_cast<size_t>(normal.refusal)];
        continue;
      }
      const int band = band_of(fixed_severity_, indicator.score());
      Report& report = open_[static_cast<size_t>(band)];
      const bool own = report.add(indicator.id(), normal.field, value, indicator.updated_ms());
      ++(own ? kept_ : sharing_lately_);
      if (ends_report(indicator.id(), report.count(), target_bits)) TQP_TRY(finish(band, take));
    }
    count_batch(batch->count);
  }
  TQP_TRY(cursor_.result());
  for (int band = 0; band < kBands; ++band)
    if (!open_[static_cast<size_t>(band)].empty()) TQP_TRY(finish(band, take));
  if (sharing_ > 0)
    log_.info("indicators whose value another one of their report has, too, share its IOC",
              {{"collection", name()}, {"indicators", sharing_}});
  return {};
}

}  // namespace cb_edr
