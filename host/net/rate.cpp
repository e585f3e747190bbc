// SPDX-License-Identifier: Apache-2.0
#include "net/rate.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>

#include "core/digest.hpp"
#include "core/saturating.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr const char* kForm = "tqrate1 %10" PRIu32 " %20" PRId64 " %20" PRId64 " end\n";
constexpr size_t kRecordBytes = 8 + 10 + 1 + 20 + 1 + 20 + 5;

// Readable, and different for different origins whatever their characters.
std::string file_name(const Origin& origin) {
  std::string name = origin.host_port().substr(0, 100);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ':' || c == '[' || c == ']'; }, '_');
  return name + "." + to_hex(sha256(origin.text())).substr(0, 16) + ".rate";
}

}  // namespace

Admission admit(RateRecord* record, int64_t now_ms, uint64_t max_block_ms) {
  const int64_t latest_ms = later(now_ms, max_block_ms);
  record->not_before_ms = std::min(record->not_before_ms, latest_ms);
  if (record->not_before_ms > now_ms) return {elapsed(now_ms, record->not_before_ms), true};
  if (record->per_minute == 0) return {};
  // A burst of a tenth, and a pace that keeps every window of a minute within the budget even so.
  const int64_t burst = std::max<int64_t>(record->per_minute / 10, 1);
  const int64_t pace = static_cast<int64_t>(record->per_minute) - burst + 1;
  const int64_t interval_ms = (kMinuteMs + pace - 1) / pace;
  // What is long past says nothing, and a damaged record may say anything.
  record->next_ms = std::clamp(record->next_ms, now_ms, now_ms + burst * interval_ms);
  const int64_t from_ms = record->next_ms - (burst - 1) * interval_ms;
  if (from_ms > now_ms) return {static_cast<uint64_t>(from_ms - now_ms), false};
  record->next_ms += interval_ms;
  return {};
}

std::string format_record(const RateRecord& record) {
  char line[kRecordBytes + 1];
  std::snprintf(line, sizeof line, kForm, record.per_minute, record.next_ms, record.not_before_ms);
  return line;
}

RateRecord parse_record(std::string_view text) {
  RateRecord record;
  const std::string line(text);
  const int fields = std::sscanf(line.c_str(), "tqrate1 %" SCNu32 " %" SCNd64 " %" SCNd64,
                                 &record.per_minute, &record.next_ms, &record.not_before_ms);
  // Written back, a whole record is the same; half of one or anything else is not.
  if (fields != 3 || format_record(record) != line) return {};
  return record;
}

Result<std::unique_ptr<RateBook>> RateBook::create(const std::filesystem::path& folder) {
  if (!folder.empty()) TQ_TRY(make_folder(folder));
  return std::unique_ptr<RateBook>(new RateBook(folder));
}

Result<void> RateBook::update(const Origin& origin,
                              const std::function<void(RateRecord*)>& change) {
  const std::lock_guard lock(mutex_);
  if (!folder_.empty()) return update_file(origin, change);
  change(&records_[origin.text()]);
  return {};
}

// The lock of the file goes with the open file, which the threads of this process share: they have
// the mutex.
Result<void> RateBook::update_file(const Origin& origin,
                                   const std::function<void(RateRecord*)>& change) {
  const std::filesystem::path path = folder_ / file_name(origin);
  UniqueFd& file = files_[origin.text()];
  if (!file) {
    TQ_ASSIGN(file, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
  }
  int locked = 0;
  do locked = ::flock(file.get(), LOCK_EX);
  while (locked != 0 && errno == EINTR);
  if (locked != 0) return errno_error(Status::kTransient, "cannot lock", path, errno);
  char text[kRecordBytes + 1];
  const ssize_t got = ::pread(file.get(), text, sizeof text, 0);
  const RateRecord before = parse_record({text, static_cast<size_t>(std::max<ssize_t>(got, 0))});
  RateRecord after = before;
  change(&after);
  Result<void> stored;
  if (!(after == before)) {
    const std::string line = format_record(after);
    const ssize_t put = ::pwrite(file.get(), line.data(), line.size(), 0);
    const bool whole = put == static_cast<ssize_t>(line.size()) &&
                       ::ftruncate(file.get(), static_cast<off_t>(line.size())) == 0;
    if (!whole)
      stored = errno_error(Status::kTransient, "cannot write", path, put < 0 ? errno : EIO);
  }
  ::flock(file.get(), LOCK_UN);
  return stored;
}

}  // namespace tq
