// SPDX-License-Identifier: Apache-2.0
#include "services/grants.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::HasSubstr;

std::string granted_by(const Json& settings, const Origin& origin,
                       const std::vector<std::string>& connect = {"/host", "/hosts"}) {
  auto grants = Grants::read(connect, settings, false);
  EXPECT_TRUE(grants.ok());
  if (!grants.ok()) return "";
  auto setting = grants->setting_for(origin);
  if (setting.ok()) return setting.take();
  EXPECT_EQ(setting.error().status, Status::kDenied);
  return setting.error().message;
}

TEST(Grants, AreTheOriginsInTheNamedSettings) {
  const Json settings = {{"host", "A.example"},
                         {"hosts", {"b.example:8443", "https://[::1]/path"}},
                         {"other", "c.example"}};
  EXPECT_EQ(granted_by(settings, {true, "a.example", 443}), "/host");
  EXPECT_EQ(granted_by(settings, {true, "b.example", 8443}), "/hosts");
  EXPECT_EQ(granted_by(settings, {true, "::1", 443}), "/hosts");
  const std::string denied = granted_by(settings, {true, "c.example", 443});
  EXPECT_THAT(denied, HasSubstr("https://c.example is not granted"));
  EXPECT_THAT(denied, HasSubstr("grants.connect"));
  EXPECT_THAT(denied, HasSubstr("/host (https://a.example)"));
}

TEST(Grants, TakePortAndSchemeForPartOfTheHost) {
  const Json settings = {{"host", "http://127.0.0.1:8080"}};
  EXPECT_EQ(granted_by(settings, {false, "127.0.0.1", 8080}), "/host");
  EXPECT_THAT(granted_by(settings, {true, "127.0.0.1", 8080}), HasSubstr("not granted"));
  EXPECT_THAT(granted_by(settings, {false, "127.0.0.1", 80}), HasSubstr("not granted"));
}

TEST(Grants, OfAnUnsetSettingAllowNothing) {
  for (const Json& settings : {Json{{"x", 1}}, Json{{"host", nullptr}}, Json{{"host", " "}}})
    EXPECT_THAT(granted_by(settings, {true, "a.example", 443}), HasSubstr("/host (not set)"));
  EXPECT_THAT(granted_by(Json::object(), {true, "a.example", 443}, {}), HasSubstr("it names none"));
}

TEST(Grants, NameASettingThatHoldsNoHost) {
  for (const Json& value :
       {Json("a b"), Json(5), Json("http://a.example"), Json({"a.example", 5})}) {
    auto grants = Grants::read({"/host"}, {{"host", value}}, false);
    ASSERT_FALSE(grants.ok()) << value;
    EXPECT_EQ(grants.error().status, Status::kConfig);
    EXPECT_EQ(grants.error().field, "/host");
  }
  EXPECT_TRUE(Grants::read({"/host"}, {{"host", "http://a.example"}}, true).ok())
      << "plain http, when the operator allows it";
}

}  // namespace
}  // namespace tq
