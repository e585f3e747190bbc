// SPDX-License-Identifier: Apache-2.0
// Reads through ThreatqClient that must not be taken for whole.
#include <gmock/gmock.h>

#include "unit/threatq/cursor_fixture.hpp"

namespace tq {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class CursorProof : public CursorTest {};

// A window of the server's: neither offsets nor marks lead beyond it.
TEST_F(CursorProof, RowsBeyondAWindowAreNeverAnEnd) {
  server.fill(1000);
  for (const bool by_cursor : {true, false}) {
    for (const char* total : {"1000", "200", "null"}) {
      server.cursor = by_cursor;
      server.spoil = [&](const PageQuery& query) -> std::optional<Reply> {
        if (query.descending) return {};
        FakeHttp unused;
        FakeThreatq windowed(unused);
        windowed.fill(200);
        windowed.cursor = by_cursor;
        windowed.tells_total = false;
        std::string page = windowed.page(query);
        page.insert(1, R"("total":)" + std::string(total) + ",");
        return Reply{200, page};
      };
      const ReadIds all = read();
      ASSERT_TRUE(all.error) << by_cursor << total;
      EXPECT_EQ(all.error->status, Status::kTransient);
      EXPECT_THAT(all.error->message, HasSubstr("there is a row with the id 1000"));
      EXPECT_EQ(all.ids, numbers(1, 200));
    }
  }
}

TEST_F(CursorProof, ProofThatIsRefusedFailsTheReadForNow) {
  server.fill(300);
  for (const int status : {400, 404, 500}) {
    const size_t before = pages().size();
    server.spoil = [status](const PageQuery& query) -> std::optional<Reply> {
      if (query.descending) return Reply{status, R"({"errors":["no such order"]})"};
      return {};
    };
    const ReadIds all = read();
    ASSERT_TRUE(all.error) << status;
    EXPECT_EQ(all.error->status, Status::kTransient);
    EXPECT_THAT(all.error->message,
                AllOf(HasSubstr("highest id (sort=-id)"), HasSubstr("no such order")));
    EXPECT_EQ(all.ids, numbers(1, 300));
    EXPECT_EQ(pages().size(), before + 5) << "a smaller page would say the same";
  }
}

TEST_F(CursorProof, AnswersThatHaveToAgreeComeAtLeastASecondApart) {
  server.fill(300);
  std::vector<uint64_t> asked_ms;
  server.spoil = [&](const PageQuery& query) -> std::optional<Reply> {
    asked_ms.push_back(world.mono_ms());
    if (query.nth > 3) return {};
    return Reply{200, R"({"data":[],"total":0})"};  // of a replica that is being filled
  };
  const ReadIds all = read();
  EXPECT_FALSE(all.error) << all.error->message;
  EXPECT_EQ(all.ids, numbers(1, 300));
  for (size_t i = 1; i < 4; ++i) EXPECT_GE(asked_ms.at(i), asked_ms.at(i - 1) + 1000) << i;
}

TEST_F(CursorProof, CancelEndsThePauseBetweenAnswers) {
  server.spoil = [this](const PageQuery&) -> std::optional<Reply> {
    cancel.cancel();
    return Reply{200, R"({"data":[],"total":0})"};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kCancelled);
  EXPECT_THAT(pages(), SizeIs(1));
}

TEST_F(CursorProof, RowWithoutATypeFailsTheRead) {
  server.fill(300);
  server.spoil = [this](const PageQuery& query) -> std::optional<Reply> {
    std::string page = server.page(query);
    const size_t at = page.find(R"("type":"FQDN")");
    if (at != std::string::npos && query.mark == "m+=100") page.replace(at, 13, R"("type":null)");
    return Reply{200, page};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_THAT(all.error->message, HasSubstr("the row with the id 102 has no type"));
  EXPECT_EQ(all.ids, numbers(1, 100));
}

}  // namespace
}  // namespace tq
