// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "services/config_service.hpp"
#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "api_fqdn": {"type": "string"},
    "feed_name": {"type": "string"},
    "key": {"type": "string", "writeOnly": true},
    "severity": {"oneOf": [{"type": "integer"}, {"const": "from_score", "type": "string"}]},
    "limit": {"$ref": "#/definitions/number"},
    "watch": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "owners": {"type": "object", "additionalProperties": {"type": "integer"}},
    "remote": {"type": "object", "additionalProperties": false,
               "properties": {"user": {"type": "string"},
                              "password": {"type": "string", "writeOnly": true}}},
    "anything": {"type": "object"}
  },
  "definitions": {"number": {"type": "integer"}}
})";

constexpr std::string_view kValues = R"({
  "api_fqdn": "defense.example", "severity": "from_score", "limit": 32, "watch": true,
  "tags": ["a", "b"], "owners": {"x/y": 1, "z": 2}, "remote": {"user": "me"},
  "anything": {"deep": {"er": "text"}}
})";

class ConfigTable : public testing::Test {
 protected:
  ConfigTable() : config_(*parse_json(kValues, "values"), *parse_json(kSchema, "schema")) {
    core_.ctx.config = &config_;
  }

  tqp_status text(std::string_view pointer, std::string* out = nullptr) {
    std::string ignored;
    return config_table()->text(&core_.ctx, borrow(pointer), sink_to(out ? *out : ignored),
                                &error_);
  }
  tqp_status integer(std::string_view pointer) {
    return config_table()->integer(&core_.ctx, borrow(pointer), &number_, &error_);
  }
  tqp_status count(std::string_view pointer) {
    return config_table()->count(&core_.ctx, borrow(pointer), &count_, &error_);
  }

  Core core_;
  ConfigService config_;
  tqp_error error_ = empty_error();
  int64_t number_ = -1;
  uint32_t count_ = 99;
};

TEST_F(ConfigTable, GivesSingleValuesByPointer) {
  std::string out;
  EXPECT_EQ(text("/api_fqdn", &out), TQP_OK);
  EXPECT_EQ(out, "defense.example");
  out.clear();
  EXPECT_EQ(text("/tags/1", &out), TQP_OK);
  EXPECT_EQ(out, "b");
  EXPECT_EQ(integer("/limit"), TQP_OK);
  EXPECT_EQ(number_, 32);
  int32_t flag = -1;
  EXPECT_EQ(config_table()->boolean(&core_.ctx, borrow("/watch"), &flag, nullptr), TQP_OK);
  EXPECT_EQ(flag, 1);
  EXPECT_EQ(text("/anything/deep/er"), TQP_OK);
}

TEST_F(ConfigTable, CountsListsAndNamesMembers) {
  EXPECT_EQ(count("/tags"), TQP_OK);
  EXPECT_EQ(count_, 2u);
  EXPECT_EQ(count("/owners"), TQP_OK);
  EXPECT_EQ(count_, 2u);
  std::string name;
  EXPECT_EQ(config_table()->key(&core_.ctx, borrow("/owners"), 0, sink_to(name), nullptr), TQP_OK);
  EXPECT_EQ(name, "x/y") << "unescaped";
  EXPECT_EQ(config_table()->key(&core_.ctx, borrow("/owners"), 2, sink_to(name), nullptr), TQP_END);
  EXPECT_EQ(integer("/owners/x~1y"), TQP_OK);
  EXPECT_EQ(number_, 1);
}

TEST_F(ConfigTable, EndIsWhatTheSchemaKnowsAndNobodySet) {
  EXPECT_EQ(text("/feed_name"), TQP_END);
  EXPECT_EQ(text("/tags/7"), TQP_END);
  EXPECT_EQ(integer("/owners/nobody"), TQP_END);
  EXPECT_EQ(number_, -1) << "the output is untouched";
}

TEST_F(ConfigTable, SecretsAreDeniedWhetherSetOrNot) {
  EXPECT_EQ(text("/key"), TQP_E_DENIED);
  EXPECT_STREQ(error_.field, "/key");
  EXPECT_EQ(text("/remote/password"), TQP_E_DENIED);
  EXPECT_EQ(count("/key"), TQP_E_DENIED);
  EXPECT_EQ(text("/remote/user"), TQP_OK);
}

TEST_F(ConfigTable, UnknownSettingsAndOtherTypesAreBugs) {
  for (const char* pointer : {"/nothing", "/remote/nothing", "/api_fqdn/deeper", "", "api_fqdn"})
    EXPECT_EQ(text(pointer), TQP_E_BUG) << pointer;
  EXPECT_EQ(integer("/api_fqdn"), TQP_E_BUG);
  EXPECT_EQ(integer("/feed_name"), TQP_E_BUG) << "of another type, though not set";
  EXPECT_EQ(integer("/severity"), TQP_E_BUG) << "the schema allows both, the value is text";
  EXPECT_EQ(text("/severity"), TQP_OK);
  EXPECT_EQ(count("/api_fqdn"), TQP_E_BUG);
  EXPECT_STRNE(error_.message, "");
}

TEST_F(ConfigTable, RefusesOtherThreads) {
  std::thread([&] { EXPECT_EQ(text("/api_fqdn"), TQP_E_BUG); }).join();
  EXPECT_THAT(error_.message, testing::HasSubstr("home thread"));
}

}  // namespace
}  // namespace tq
