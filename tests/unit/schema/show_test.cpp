// SPDX-License-Identifier: Apache-2.0
#include "schema/show.hpp"

#include <gmock/gmock.h>

#include "schema/default_paths.hpp"
#include "unit/schema/folder.hpp"

namespace tq {
namespace {

// Not those of whoever runs the tests.
const DefaultPaths kDefaults{{}, "/p", "/s"};

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object", "additionalProperties": false,
  "properties": {
    "api_id": {"type": "string"},
    "api_key": {"type": "string", "writeOnly": true},
    "port": {"type": "integer", "default": 443},
    "tags": {"type": "array", "x-comma": true, "items": {"type": "string"}}
  }
})";

class Show : public testing::Test {
 protected:
  Show() {
    ConfigSources sources;
    sources.file = folder_.write("tqhost.json", R"({
  "plugins_dir": "/p", "state_dir": "/s",
  "threatq": {"host": "tq.example", "password": "hunter2", "oauth_client": {"secret": {"env": "O"}}},
  "proxy": {"url": "http://me:hunter2@proxy.example:3128"},
  "instances": [
    {"name": "a", "plugin": "known", "threatq": {"password": "hunter2"},
     "config": {"api_id": "visible", "api_key": "hunter2", "api_kye": "hunter2",
                "tags": "x, y"}},
    {"name": "b", "plugin": "known", "config": {"api_key": {"file": "/k"}}},
    {"name": "c", "plugin": "unknown", "config": {"x": "hunter2", "n": 7, "l": ["hunter2"]}}
  ]
}
)");
    sources.environment = {{"TQHOST_LIMITS_RUN_MINUTES", "7"}};
    sources.state_dir = "/other";
    auto config = load_host_config(sources, kDefaults);
    if (config) config_ = config.take();
    schema_ = PluginSchema::parse(kSchema, "known").take();
  }

  std::string show(const std::string& instance, bool json) {
    return show_config(config_, instance, json, [&](const std::string& plugin) {
      return plugin == "known" ? schema_ : nullptr;
    });
  }

  Folder folder_;
  HostConfig config_;
  std::shared_ptr<const PluginSchema> schema_;
};

// The line of a pointer, blanks squeezed.
std::string line_of(const std::string& text, const std::string& pointer) {
  const size_t at = text.find("\n" + pointer + " ");
  if (at == std::string::npos) return "no such line";
  std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  for (size_t blanks = line.find("  "); blanks != std::string::npos; blanks = line.find("  "))
    line.erase(blanks, 1);
  return line;
}

TEST_F(Show, TellsTheOriginOfEachValue) {
  const std::string text = show("", false);
  const char* lines[] = {
      "/plugins_dir \"/p\" tqhost.json:2",
      "/state_dir \"/other\" command line",
      "/log/dir \"/other/logs\" default",
      "/log/keep 10 default",
      "/limits/run_minutes 7 environment TQHOST_LIMITS_RUN_MINUTES",
      "/threatq/password *** tqhost.json:3",
      "/threatq/oauth_client/secret/env \"O\" tqhost.json:3",
      "/proxy/url \"http://me:***@proxy.example:3128\" tqhost.json:4",
      "/instances/0/enabled true default",
      "/instances/0/threatq/host \"tq.example\" tqhost.json:3",
      "/instances/0/threatq/password *** tqhost.json:6",
      "/instances/0/config/api_id \"visible\" tqhost.json:7",
      "/instances/0/config/api_key *** tqhost.json:7",
      "/instances/0/config/api_kye *** tqhost.json:7",
      "/instances/0/config/tags [\"x\",\"y\"] tqhost.json:8",
      "/instances/0/config/port 443 default",
      "/instances/1/config/api_key/file \"/k\" tqhost.json:9",
      "/instances/2/config/x *** tqhost.json:10",
      "/instances/2/config/n 7 tqhost.json:10",
  };
  for (const std::string line : lines)
    EXPECT_EQ(line_of(text, line.substr(0, line.find(' '))), line) << text;
  EXPECT_THAT(text, HasSubstr("file: " + (folder_.path() / "tqhost.json").string() + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(Show, OneInstanceAsJson) {
  const std::string text = show("a", true);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  const auto json = parse_json(text, "shown");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json_at(*json, "/values/config/api_id"), "visible");
  EXPECT_EQ(*json_at(*json, "/values/config/api_key"), "***");
  EXPECT_EQ(*json_at(*json, "/values/threatq/host"), "tq.example");
  EXPECT_EQ((*json)["origins"]["/config/port"], "default");
  EXPECT_EQ((*json)["origins"]["/config/api_id"], "tqhost.json:7");
  EXPECT_EQ(json_at(*json, "/values/instances"), nullptr);
}

TEST_F(Show, TheWholeAsJsonHoldsNoSecret) {
  const std::string text = show("", true);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_TRUE(parse_json(text, "shown"));
  EXPECT_THAT(dump_json(config_.resolved), Not(HasSubstr("hunter2")));
}

TEST_F(Show, WithoutAnyFile) {
  const auto config = load_host_config({}, DefaultPaths{folder_.path() / "none", "/p", "/s"});
  ASSERT_TRUE(config);
  const std::string text =
      show_config(*config, "", false, [](const std::string&) { return nullptr; });
  EXPECT_EQ(text.rfind("file: none\n", 0), 0u);
  EXPECT_EQ(line_of(text, "/plugins_dir"), "/plugins_dir \"/p\" default");
  EXPECT_EQ(line_of(text, "/instances"), "/instances [] default");
}

}  // namespace
}  // namespace tq
