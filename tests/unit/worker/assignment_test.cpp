// SPDX-License-Identifier: Apache-2.0
#include "worker/assignment.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace tq {
namespace {

using testing::HasSubstr;

Assignment whole() {
  Assignment out;
  out.purpose = Purpose::kCheck;
  out.instance = "cb-prod";
  out.flags = 7;
  out.historical_ms = -5;
  out.strict = true;
  out.by_schedule = true;
  out.sources.file = "/etc/tqhost/tqhost.json";
  out.sources.environment = {{"CB_SECRET", "a \"quoted\" text"}};
  out.plugin_copy = "/var/lib/tqhost/plugins/ab.so";
  out.plugin_digest = "ab";
  out.plugin_manifest = R"({"id": "x"})";
  out.schema = R"({"type": "object"})";
  out.log_level = Level::kDebug;
  out.log_json = true;
  out.log_to = LogTo::kConsole;
  out.sources.log_dir = "/var/log/tq_labs";
  out.sources.log_file = "/var/log/tq_labs/cb.log";
  out.external_proxy = out.debugger = true;
  out.explain_value = "www.example.com";
  out.explain_type = "FQDN";
  out.crash_at = 3;
  return out;
}

TEST(Assignment, ArrivesAsItWasWritten) {
  const auto fd = write_assignment(whole());
  ASSERT_TRUE(fd.ok());
  const auto read = read_assignment(fd->get());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->to_json(), whole().to_json());
  EXPECT_EQ(read->sources.environment.at("CB_SECRET"), "a \"quoted\" text");
  EXPECT_FALSE(read->sources.state_dir.has_value());
  EXPECT_EQ(read->purpose, Purpose::kCheck);
  EXPECT_EQ(read->log_to, LogTo::kConsole);
  EXPECT_EQ(read->explain_type, "FQDN");
  EXPECT_TRUE(read->by_schedule);
  EXPECT_TRUE(read->debugger && read->external_proxy);
  EXPECT_EQ(read->sources.log_file, "/var/log/tq_labs/cb.log");
}

TEST(Assignment, CannotBeChangedOnItsWay) {
  const auto fd = write_assignment(whole());
  ASSERT_TRUE(fd.ok());
  EXPECT_EQ(::pwrite(fd->get(), "x", 1, 0), -1);
}

TEST(Assignment, IsRefusedWithoutAnInstance) {
  EXPECT_FALSE(Assignment::from_json(Json::object()).ok());
  EXPECT_FALSE(Assignment::from_json(Json::array()).ok());
}

TEST(Assignment, ThatIsTooLargeSaysWhatMakesItSo) {
  Assignment large = whole();
  large.schema = std::string(17 << 20, 's');
  const auto fd = write_assignment(large);
  ASSERT_FALSE(fd.ok());
  EXPECT_EQ(fd.error().status, Status::kConfig);
  EXPECT_THAT(fd.error().message, HasSubstr("the worker of cb-prod"));
  EXPECT_THAT(fd.error().message, HasSubstr("schema has 17825792"));
}

TEST(Reporter, WritesALineOfJsonEach) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  Reporter reporter(fds[1]);
  reporter.progress(3, 10, "reading\nmore");
  reporter.answer("sent in report 7");
  reporter.ready();
  reporter.standby();
  reporter.end(2, "needs_attention", "what to do", Status::kLimited, 5'000);
  ::close(fds[1]);
  char buffer[1024];
  const ssize_t got = ::read(fds[0], buffer, sizeof buffer);
  ::close(fds[0]);
  ASSERT_GT(got, 0);
  const std::string text(buffer, static_cast<size_t>(got));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_THAT(text, HasSubstr(R"("text":"reading\nmore")"));
  EXPECT_THAT(text, HasSubstr(R"("answer":"sent in report 7")"));
  EXPECT_THAT(text, HasSubstr(R"({"ready":true})"));
  EXPECT_THAT(text, HasSubstr(R"({"standby":true})"));
  EXPECT_THAT(text, HasSubstr(R"("status":"E_LIMITED")"));
  EXPECT_THAT(text, HasSubstr(R"("retry_after_ms":5000)"));
  EXPECT_THAT(text, HasSubstr(R"("exit_status":2)"));
}

}  // namespace
}  // namespace tq
