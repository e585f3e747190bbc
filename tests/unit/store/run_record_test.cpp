// SPDX-License-Identifier: Apache-2.0
#include "store/run_record.hpp"

#include "core/file.hpp"
#include "core/json.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

class Record : public StateFolder {
 protected:
  std::filesystem::path file() const { return folder_ / "run.json"; }

  std::string reason(const std::string& text) {
    EXPECT_TRUE(write_file_atomically(file(), text));
    const auto record = read_run_record(file());
    return record ? "accepted" : record.error().message;
  }
};

TEST_F(Record, ComesBackAsItWasWritten) {
  RunRecord record;
  record.instance = "cb-prod";
  record.plugin = "cb_edr";
  record.version = "0.1.0";
  record.run_id = "abc";
  record.state = "failed";
  record.log = "/var/log/cb-prod.log";
  record.started_ms = 1'764'000'000'123;
  record.ended_ms = 1'764'000'001'000;
  record.last_success_ms = 1'763'000'000'000;
  record.pid = 4711;
  record.exit_status = 1;
  record.dry = true;
  record.counts = {{"read", 10}, {"sent", 5}};
  record.skipped = {{"no public address", 3}};
  record.notes = {"a certificate was not verified"};
  record.progress_done = 7;
  record.progress_total = 9;
  record.progress_text = "reading";
  record.error_status = "E_AUTH";
  record.error_message = "401";
  record.error_field = "/api_secret_key";
  ASSERT_TRUE(write_run_record(file(), record));
  const auto read = read_run_record(file());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->instance, record.instance);
  EXPECT_EQ(read->plugin, record.plugin);
  EXPECT_EQ(read->version, record.version);
  EXPECT_EQ(read->run_id, record.run_id);
  EXPECT_EQ(read->state, record.state);
  EXPECT_EQ(read->log, record.log);
  EXPECT_EQ(read->started_ms, record.started_ms);
  EXPECT_EQ(read->ended_ms, record.ended_ms);
  EXPECT_EQ(read->last_success_ms, record.last_success_ms);
  EXPECT_EQ(read->pid, record.pid);
  EXPECT_EQ(read->exit_status, record.exit_status);
  EXPECT_TRUE(read->dry);
  EXPECT_FALSE(read->full);
  EXPECT_EQ(read->counts, record.counts);
  EXPECT_EQ(read->skipped, record.skipped);
  EXPECT_EQ(read->notes, record.notes);
  EXPECT_EQ(read->progress_done, record.progress_done);
  EXPECT_EQ(read->progress_total, record.progress_total);
  EXPECT_EQ(read->progress_text, record.progress_text);
  EXPECT_EQ(read->error_status, record.error_status);
  EXPECT_EQ(read->error_message, record.error_message);
  EXPECT_EQ(read->error_field, record.error_field);
}

TEST_F(Record, TimesAreForPeopleAndWhatHasNotHappenedIsNull) {
  RunRecord record;
  record.state = "running";
  record.started_ms = 1'764'000'000'123;
  ASSERT_TRUE(write_run_record(file(), record));
  const Json json = *parse_json(*read_file(file(), 10'000), "run.json");
  EXPECT_EQ(json["started"], "2025-11-24T16:00:00.123Z");
  EXPECT_TRUE(json["ended"].is_null());
  EXPECT_TRUE(json["error"].is_null());
  EXPECT_EQ(read_run_record(file())->ended_ms, 0);
}

TEST_F(Record, DamagedOrAbsentOneIsNamed) {
  EXPECT_THAT(read_run_record(file()).error().message, HasSubstr(file().string()));
  for (const char* text : {"", "{", "[]", "{}", "{\"state\": 1}", "null"})
    EXPECT_THAT(reason(text), HasSubstr(file().string())) << text;
}

TEST_F(Record, MembersOfAnotherTypeAreLeftOut) {
  ASSERT_EQ(reason(R"({"state": "done", "pid": "x", "counts": {"read": -1, "sent": 2}, "dry": 1,
                       "progress": [], "error": "no", "started": "yesterday"})"),
            "accepted");
  const RunRecord record = *read_run_record(file());
  EXPECT_EQ(record.pid, 0);
  EXPECT_EQ(record.counts, (std::map<std::string, uint64_t>{{"sent", 2}}));
  EXPECT_FALSE(record.dry);
  EXPECT_EQ(record.started_ms, 0);
  EXPECT_EQ(record.error_message, "");
}

// A folder of the record's name stands in for a disk without room: neither can be written over.
TEST_F(Record, OneThatCannotBeWrittenLeavesAMarkUntilTheNextIs) {
  RunRecord record;
  record.state = "done";
  ASSERT_TRUE(write_run_record(file(), record));
  EXPECT_EQ(unrecorded_ms(file()), 0);
  const auto lease = FileLock::try_lock(folder_ / "state.db.lock");
  ASSERT_TRUE(lease);
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_FALSE(write_run_record(file(), record));
  const int64_t marked_ms = unrecorded_ms(file());
  EXPECT_GT(marked_ms, 1'700'000'000'000);
  EXPECT_FALSE(write_run_record(file(), record));
  EXPECT_GE(unrecorded_ms(file()), marked_ms) << "the time of the last one";
  std::filesystem::remove(file());
  ASSERT_TRUE(write_run_record(file(), record));
  EXPECT_EQ(unrecorded_ms(file()), 0);
}

}  // namespace
}  // namespace tq
