// SPDX-License-Identifier: Apache-2.0
#include "threatq/names.hpp"

#include <gmock/gmock.h>

#include "unit/threatq/fake_http.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class NamesTest : public testing::Test {
 protected:
  NamesTest() {
    http_.handler = [this](const Seen& seen) {
      if (seen.target.rfind("/api/token", 0) == 0) return Reply{200, R"({"access_token":"t-123"})"};
      if (seen.target.rfind("/api/indicator/types", 0) == 0) return Reply{200, types};
      if (seen.target.rfind("/api/indicator/statuses", 0) == 0)
        return Reply{200, R"({"data":[{"id":1,"name":"Active"}],"total":1})"};
      return Reply{404, ""};
    };
  }
  std::string name(NameKind kind, uint64_t id) {
    auto found = names_.name(kind, id, cancel_);
    return found ? *found : found.error().message;
  }

  std::string types =
      R"({"data":[{"id":15,"name":"IP Address"},{"id":"30","name":"URL"}],"total":2})";
  FakeHttp http_;
  FakeWorld world_;
  FakeLog log_;
  Cancel cancel_;
  const ThreatqOptions options_ = password_options();
  Api api_{options_, http_, world_, log_};
  Names names_{api_};
};

TEST_F(NamesTest, AreAskedForOnce) {
  EXPECT_EQ(name(NameKind::kType, 15), "IP Address");
  EXPECT_EQ(name(NameKind::kType, 30), "URL");
  EXPECT_EQ(name(NameKind::kStatus, 1), "Active");
  EXPECT_THAT(http_.requests("/api/indicator/types"), SizeIs(1));
  EXPECT_THAT(http_.requests("/api/indicator/statuses"), SizeIs(1));
}

TEST_F(NamesTest, IdThatIsNotInTheListFailsAndIsAskedForAnewOnce) {
  EXPECT_EQ(name(NameKind::kType, 15), "IP Address");
  const auto found = names_.name(NameKind::kType, 99, cancel_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, Status::kTransient);
  EXPECT_THAT(found.error().message,
              HasSubstr("type has the id 99, and its list of types (2) has none with it"));
  EXPECT_THAT(http_.requests("/api/indicator/types"), SizeIs(2));
  EXPECT_THAT(name(NameKind::kStatus, 8), HasSubstr("status has the id 8"));
  EXPECT_THAT(http_.requests("/api/indicator/statuses"), SizeIs(1)) << "the list is new already";
}

TEST_F(NamesTest, TypeThatWasMadeMeanwhileIsFound) {
  EXPECT_EQ(name(NameKind::kType, 15), "IP Address");
  types = R"({"data":[{"id":15,"name":"IP Address"},{"id":99,"name":"JA3"}],"total":2})";
  EXPECT_EQ(name(NameKind::kType, 99), "JA3");
  types = R"({"data":[{"id":100,"name":"JA4"}],"total":1})";
  const auto id = names_.id(NameKind::kType, "ja4", cancel_);
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, 100u);
}

TEST_F(NamesTest, EmptyObjectMeansAMissingRight) {
  for (const char* answer : {"{}", R"({"data":{}})", "[]"}) {
    types = answer;
    auto found = names_.name(NameKind::kType, 15, cancel_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().status, Status::kAuth);
    EXPECT_THAT(found.error().message,
                HasSubstr("Give bob@example.com a role in ThreatQ that may read indicator types"));
  }
}

TEST_F(NamesTest, FailureIsNotRemembered) {
  types = R"({"errors":["later"]})";
  EXPECT_THAT(name(NameKind::kType, 15), HasSubstr("later"));
  types = R"({"data":[{"id":15,"name":"IPv4"}]})";
  EXPECT_EQ(name(NameKind::kType, 15), "IPv4");
}

}  // namespace
}  // namespace tq
