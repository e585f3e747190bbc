// SPDX-License-Identifier: Apache-2.0
#include "store/verify_record.hpp"

#include <array>
#include <utility>

#include "core/file.hpp"
#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr size_t kRecordBytesMost = 16 << 20;
constexpr int kFormat = 1;

constexpr std::array<std::pair<VerifyResult, std::string_view>, 5> kResults = {
    {{VerifyResult::kNotDone, "not_done"},
     {VerifyResult::kGoingOn, "going_on"},
     {VerifyResult::kSame, "same"},
     {VerifyResult::kDrift, "drift"},
     {VerifyResult::kFailed, "failed"}}};

VerifyResult result_from(std::string_view name) {
  for (const auto& [result, known] : kResults)
    if (known == name) return result;
  return VerifyResult::kNotDone;
}

std::string_view by(bool schedule) { return schedule ? "schedule" : "person"; }

Json last_to_json(const VerifyRecord& record) {
  return {{"started", time_or_null(record.started_ms)},
          {"ended", time_or_null(record.ended_ms)},
          {"pid", record.pid},
          {"by", by(record.by_schedule)},
          {"repair", record.repair},
          {"result", verify_result_name(record.result)},
          {"error", record.error_message.empty() ? Json(nullptr)
                                                 : Json{{"status", record.error_status},
                                                        {"message", record.error_message},
                                                        {"field", record.error_field}}}};
}

Json compared_to_json(const VerifyRecord& record) {
  if (record.compared_ms == 0) return nullptr;
  return {{"at", time_or_null(record.compared_ms)},
          {"by", by(record.compared_by_schedule)},
          {"result", record.counts.drift() ? "drift" : "same"},
          {"marked", record.marked},
          {"repaired", time_or_null(record.repaired_ms)},
          {"counts", to_json(record.counts)},
          {"findings", to_json(record.findings)},
          {"findings_left_out", record.left_out}};
}

void take_last(const Json& last, VerifyRecord& record) {
  record.result = result_from(text_at(last, "result"));
  record.started_ms = time_at(last, "started");
  record.ended_ms = time_at(last, "ended");
  record.pid = number_at<int>(last, "pid");
  record.by_schedule = text_at(last, "by") == by(true);
  record.repair = flag_at(last, "repair");
  if (const auto error = last.find("error"); error != last.end() && error->is_object()) {
    record.error_status = text_at(*error, "status");
    record.error_message = text_at(*error, "message");
    record.error_field = text_at(*error, "field");
  }
}

void take_compared(const Json& compared, VerifyRecord& record) {
  record.compared_ms = time_at(compared, "at");
  record.compared_by_schedule = text_at(compared, "by") == by(true);
  record.marked = flag_at(compared, "marked");
  record.repaired_ms = time_at(compared, "repaired");
  record.left_out = number_at<uint64_t>(compared, "findings_left_out");
  if (const auto counts = compared.find("counts"); counts != compared.end() && counts->is_object())
    record.counts = {number_at<uint64_t>(*counts, "same"), number_at<uint64_t>(*counts, "missing"),
                     number_at<uint64_t>(*counts, "different"),
                     number_at<uint64_t>(*counts, "foreign")};
  const auto findings = compared.find("findings");
  if (findings == compared.end() || !findings->is_array()) return;
  for (const Json& one : *findings)
    if (one.is_object())
      record.findings.push_back({text_at(one, "how"), number_at<uint64_t>(one, "number"),
                                 text_at(one, "type"), text_at(one, "value"),
                                 text_at(one, "detail")});
}

}  // namespace

std::string_view verify_result_name(VerifyResult result) {
  for (const auto& [known, name] : kResults)
    if (known == result) return name;
  return "";
}

Json to_json(const VerifyCounts& counts) {
  return {{"same", counts.same},
          {"missing", counts.missing},
          {"different", counts.different},
          {"foreign", counts.foreign}};
}

Json to_json(const std::vector<VerifyFinding>& findings) {
  Json out = Json::array();
  for (const VerifyFinding& one : findings)
    out.push_back({{"how", one.how},
                   {"number", one.number},
                   {"type", one.type},
                   {"value", one.value},
                   {"detail", one.detail}});
  return out;
}

Result<void> write_verify_record(const std::filesystem::path& file, const VerifyRecord& record) {
  const Json json = {{"tqhost_verify", kFormat},
                     {"instance", record.instance},
                     {"plugin", record.plugin},
                     {"version", record.version},
                     {"last", last_to_json(record)},
                     {"failures", record.failures},
                     {"compared", compared_to_json(record)},
                     {"other_state", time_or_null(record.other_state_ms)}};
  return write_file_atomically(file, pretty_json(json), 0640);
}

Result<VerifyRecord> read_verify_record(const std::filesystem::path& file) {
  TQ_ASSIGN(const std::string text, read_file(file, kRecordBytesMost));
  TQ_ASSIGN(const Json json, parse_json(text, file.string()));
  if (!json.is_object() || number_at<int>(json, "tqhost_verify") != kFormat)
    return Error{Status::kConfig, file.string() + " is no record of verifications"};
  VerifyRecord record;
  record.instance = text_at(json, "instance");
  record.plugin = text_at(json, "plugin");
  record.version = text_at(json, "version");
  record.failures = number_at<uint64_t>(json, "failures");
  record.other_state_ms = time_at(json, "other_state");
  if (const auto last = json.find("last"); last != json.end() && last->is_object())
    take_last(*last, record);
  if (const auto compared = json.find("compared"); compared != json.end() && compared->is_object())
    take_compared(*compared, record);
  return record;
}

}  // namespace tq
