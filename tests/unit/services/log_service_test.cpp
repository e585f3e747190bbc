// SPDX-License-Identifier: Apache-2.0
#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::SizeIs;

TEST(LogTable, ALineIsAnEventOfThePluginWithItsKeyValues) {
  Core core;
  const tqp_kv kv[] = {{borrow("collection"), borrow("Crimeware")}, {borrow("rows"), borrow("7")}};
  log_table()->write(&core.ctx, TQP_LOG_WARNING, borrow("odd rows"), kv, 2);
  ASSERT_THAT(core.log.lines, SizeIs(1));
  const KeptLog::Line& line = core.log.lines[0];
  EXPECT_EQ(line.level, Level::kWarning);
  EXPECT_EQ(line.event, Event::kPlugin);
  EXPECT_EQ(line.text, "odd rows");
  EXPECT_EQ(line.fields.at("collection"), "Crimeware");
  EXPECT_EQ(line.fields.at("rows"), "7");
}

TEST(LogTable, LevelsOutOfRangeCountAsTheNearest) {
  Core core;
  log_table()->write(&core.ctx, 99, borrow("loud"), nullptr, 0);
  log_table()->write(&core.ctx, -3, borrow("below what is kept"), nullptr, 0);
  ASSERT_THAT(core.log.lines, SizeIs(1));
  EXPECT_EQ(core.log.lines[0].level, Level::kError);
  EXPECT_EQ(log_table()->enabled(&core.ctx, 99), 1);
  EXPECT_EQ(log_table()->enabled(&core.ctx, TQP_LOG_DEBUG), 0);
  core.log.least = Level::kDebug;
  EXPECT_EQ(log_table()->enabled(&core.ctx, -3), 1);
}

TEST(LogTable, AKeyCannotForgeALineOrAnotherPair) {
  Core core;
  const tqp_kv kv = {borrow("a b=c\nd"), borrow("value")};
  log_table()->write(&core.ctx, TQP_LOG_INFO, borrow("text"), &kv, 1);
  EXPECT_EQ(core.log.lines.at(0).fields.count("a_b_c_d"), 1u);
}

TEST(LogTable, EmptyTextsMayBeNull) {
  Core core;
  const tqp_kv kv = {{nullptr, 0}, {nullptr, 0}};
  log_table()->write(&core.ctx, TQP_LOG_INFO, {nullptr, 0}, &kv, 1);
  EXPECT_THAT(core.log.lines, SizeIs(1));
}

}  // namespace
}  // namespace tq
