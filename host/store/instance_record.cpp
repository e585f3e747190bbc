// SPDX-License-Identifier: Apache-2.0
#include "store/instance_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/file.hpp"
#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr size_t kRecordBytesMost = 1 << 20;

Json one_to_json(const Death& death) {
  return {{"at", time_or_null(death.at_ms)},
          {"pid", death.pid},
          {"exit_status", death.exit_status},
          {"signal", death.signal},
          {"overdue", death.overdue},
          {"counted", death.counted},
          {"how", death.how},
          {"plugin", death.plugin},
          {"call", death.call},
          {"call_ms", death.call_ms},
          {"last_lines", death.last_lines}};
}

Death death_from(const Json& json) {
  Death death;
  death.at_ms = time_at(json, "at");
  death.pid = number_at<int>(json, "pid");
  death.exit_status = number_at<int>(json, "exit_status");
  death.signal = number_at<int>(json, "signal");
  death.overdue = flag_at(json, "overdue");
  death.counted = flag_at(json, "counted");
  death.how = text_at(json, "how");
  death.plugin = text_at(json, "plugin");
  death.call = text_at(json, "call");
  death.call_ms = number_at<uint64_t>(json, "call_ms");
  if (const auto lines = json.find("last_lines"); lines != json.end() && lines->is_array())
    for (const Json& line : *lines)
      if (line.is_string()) death.last_lines.push_back(line.get<std::string>());
  return death;
}

// Renamed over the other without waiting for the disk. There is one writer.
Result<void> write_lightly(const std::filesystem::path& file, const std::string& text) {
  const std::string draft = file.string() + ".draft";
  // One that was left goes first, whatever it is: a named pipe would be waited for.
  ::unlink(draft.c_str());
  {
    const UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    if (!fd) return errno_error(Status::kTransient, "cannot create", draft, errno);
    TQ_TRY(write_all(fd.get(), text, draft));
  }
  if (::rename(draft.c_str(), file.c_str()) != 0)
    return errno_error(Status::kTransient, "cannot write", file, errno);
  return {};
}

}  // namespace

Json to_json(const std::vector<Death>& deaths) {
  Json out = Json::array();
  for (const Death& death : deaths) out.push_back(one_to_json(death));
  return out;
}

Result<void> write_instance_record(const std::filesystem::path& file, const InstanceRecord& record,
                                   Durable durable) {
  const Json json = {{"instance", record.instance},
                     {"plugin", record.plugin},
                     {"state", record.state},
                     {"wanted", record.wanted},
                     {"since", time_or_null(record.since_ms)},
                     {"next", time_or_null(record.next_ms)},
                     {"last_start", time_or_null(record.last_start_ms)},
                     {"attempts", record.attempts},
                     {"worker",
                      {{"pid", record.worker_pid},
                       {"started", time_or_null(record.worker_start_ms)},
                       {"plugin_digest", record.plugin_digest}}},
                     {"verify",
                      {{"since", time_or_null(record.verify_since_ms)},
                       {"next", time_or_null(record.verify_next_ms)},
                       {"pid", record.verify_pid},
                       {"period_ms", record.verify_period_ms},
                       {"run_waits", record.verify_run_waits}}},
                     {"asked", {{"full", record.full}, {"adopt", record.adopt}}},
                     {"unscheduled", record.unscheduled},
                     {"paused_until", time_or_null(record.pause_until_ms)},
                     {"pause_ms", record.pause_ms},
                     {"note", record.note},
                     {"reason", record.reason},
                     {"deaths", to_json(record.deaths)}};
  const std::string text = pretty_json(json);
  return durable == Durable::kYes ? write_file_atomically(file, text, 0640)
                                  : write_lightly(file, text);
}

Result<InstanceRecord> read_instance_record(const std::filesystem::path& file) {
  TQ_ASSIGN(const std::string text, read_file(file, kRecordBytesMost));
  TQ_ASSIGN(const Json json, parse_json(text, file.string()));
  if (!json.is_object() || text_at(json, "state").empty())
    return Error{Status::kConfig, file.string() + " is no record of an instance"};
  InstanceRecord record;
  record.instance = text_at(json, "instance");
  record.plugin = text_at(json, "plugin");
  record.state = text_at(json, "state");
  record.wanted = text_at(json, "wanted");
  record.since_ms = time_at(json, "since");
  record.next_ms = time_at(json, "next");
  record.last_start_ms = time_at(json, "last_start");
  record.attempts = number_at<uint64_t>(json, "attempts");
  if (const auto worker = json.find("worker"); worker != json.end() && worker->is_object()) {
    record.worker_pid = number_at<int>(*worker, "pid");
    record.worker_start_ms = time_at(*worker, "started");
    record.plugin_digest = text_at(*worker, "plugin_digest");
  }
  if (const auto verify = json.find("verify"); verify != json.end() && verify->is_object()) {
    record.verify_since_ms = time_at(*verify, "since");
    record.verify_next_ms = time_at(*verify, "next");
    record.verify_pid = number_at<int>(*verify, "pid");
    record.verify_period_ms = number_at<uint64_t>(*verify, "period_ms");
    record.verify_run_waits = flag_at(*verify, "run_waits");
  }
  if (const auto asked = json.find("asked"); asked != json.end() && asked->is_object()) {
    record.full = flag_at(*asked, "full");
    record.adopt = flag_at(*asked, "adopt");
  }
  record.unscheduled = flag_at(json, "unscheduled");
  record.pause_until_ms = time_at(json, "paused_until");
  record.pause_ms = number_at<uint64_t>(json, "pause_ms");
  record.note = text_at(json, "note");
  record.reason = text_at(json, "reason");
  if (const auto deaths = json.find("deaths"); deaths != json.end() && deaths->is_array())
    for (const Json& death : *deaths)
      if (death.is_object()) record.deaths.push_back(death_from(death));
  return record;
}

}  // namespace tq
