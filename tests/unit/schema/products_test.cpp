// SPDX-License-Identifier: Apache-2.0
// What is printed from a schema: the page, the environment file, the names in both.
#include <gmock/gmock.h>

#include <sstream>

#include "core/file.hpp"
#include "core/text.hpp"
#include "schema/config.hpp"
#include "schema/embedded.hpp"
#include "schema/settings_env.hpp"
#include "schema/settings_list.hpp"
#include "schema/settings_markdown.hpp"
#include "unit/schema/folder.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Json host_schema() { return *parse_json(host_schema_text(), "host.schema.json"); }
Json cb_edr_schema() {
  const auto text = read_file(std::filesystem::path(TQ_SCHEMAS) / "cb_edr.schema.json", 1 << 20);
  return *parse_json(*text, "cb_edr.schema.json");
}

Json sample() {
  return *parse_json(R"({
    "title": "Sample", "description": "All of it.", "required": ["b"],
    "x-default-schedule": "every 2h", "x-min-interval": "1h",
    "x-removed": {"old": {"since": "1.1.0", "instead": "use b"}},
    "properties": {
      "late": {"type": "boolean", "title": "Late"},
      "c": {"title": "C", "type": "string", "enum": ["x_y"], "x-enum-labels": {"x_y": "An x|y"}, "x-order": 3,
            "x-group": "Rare", "x-since": "1.2.0", "x-renamed-from": ["k", "l"]},
      "b": {"title": "B_title", "description": "What <b> is.", "type": "integer", "minimum": 1, "x-order": 2,
            "x-example": 7},
      "a": {"title": "A", "type": "array", "items": {"type": "string"}, "x-comma": true, "default": ["p", "q"],
            "x-order": 1},
      "deep": {"type": "object", "title": "Deep", "x-order": 9, "properties": {"d": {"type": "string"}}}
    }})",
                     "sample");
}

TEST(SettingsList, GoesByOrderAndThroughObjects) {
  const Json schema = sample();
  std::vector<std::string> lines;
  for (const Setting& setting : list_settings(schema, schema))
    lines.push_back(dotted(setting) + "|" + setting.group + "|" +
                    plugin_variable("cb-prod", setting));
  EXPECT_THAT(lines, ElementsAre("a||TQHOST_INSTANCE_CB_PROD_CONFIG_A",
                                 "b||TQHOST_INSTANCE_CB_PROD_CONFIG_B",
                                 "c|Rare|TQHOST_INSTANCE_CB_PROD_CONFIG_C", "deep.d|Deep|",
                                 "late||TQHOST_INSTANCE_CB_PROD_CONFIG_LATE"));
}

TEST(Markdown, DescribesEverySetting) {
  EXPECT_EQ(
      settings_markdown("sample", sample()),
      R"(<!-- Written by: tqhost schema sample --format markdown. Change the schema, not this page. -->
# Settings of `sample`: Sample

All of it.

In the host file they stand in the `config` of an instance whose `plugin` is `sample`. In the name of an environment variable, `<NAME>` is the instance's name in capitals, with `_` for every other character.

Schedule: `every 2h`, unless the instance's `schedule` says otherwise.
Least interval: `1h`. Running more often gets a warning, no error.

## Settings

| setting | key | default |
|---|---|---|
| A | `a` | `p, q` |
| B\_title | `b` | required |
| Late | `late` |  |

### `a`: A

- Allowed: a list or comma-separated text
- Default: `p, q`
- Required: no
- Environment: `TQHOST_INSTANCE_<NAME>_CONFIG_A`

### `b`: B\_title

What \<b> is.

- Allowed: a whole number of at least 1
- Required: yes
- Example: `7`
- Environment: `TQHOST_INSTANCE_<NAME>_CONFIG_B`

### `late`: Late

- Allowed: true or false
- Required: no
- Environment: `TQHOST_INSTANCE_<NAME>_CONFIG_LATE`

## Rare

| setting | key | default |
|---|---|---|
| C | `c` |  |

### `c`: C

- Allowed: "x\_y"
  - `x_y`: An x\|y
- Required: no
- Since: 1.2.0
- Earlier name: `k` or `l`
- Environment: `TQHOST_INSTANCE_<NAME>_CONFIG_C`

## Deep

| setting | key | default |
|---|---|---|
| d | `deep.d` |  |

### `deep.d`: d

- Allowed: a text
- Required: no

## Removed settings

| key | removed in | instead |
|---|---|---|
| `old` | 1.1.0 | use b |
)");
}

TEST(Markdown, OfTheHostHasBothKindsOfSettings) {
  const std::string page = host_settings_markdown(host_schema());
  for (const char* part :
       {"`TQHOST_THREATQ_CLIENT_ID`", "`TQHOST_INSTANCE_<NAME>_THREATQ_HOST`",
        "### `limits.run_minutes`", "### `schedule`", "# Settings of an instance"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, Not(HasSubstr("### `instances`")));
  EXPECT_THAT(page, Not(HasSubstr("TQHOST_INSTANCE_<NAME>_NAME`"))) << "the name has no variable";
}

// The lines of an environment file with the # taken away, by name.
Environment variables_of(const std::string& file) {
  Environment out;
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("#TQHOST_", 0) == 0)
      out[line.substr(1, line.find('=') - 1)] = line.substr(line.find('=') + 1);
  return out;
}

// Every name that is printed is one that the host reads, and the shown values are valid.
TEST(EnvironmentFile, IsOneThatTheHostTakes) {
  const Environment of_host = variables_of(host_settings_env(host_schema()));
  const Environment of_instance =
      variables_of(settings_env("cb-edr", cb_edr_schema(), host_schema()));
  EXPECT_EQ(of_host.count("TQHOST_THREATQ_HOST"), 1u);
  EXPECT_EQ(of_instance.at("TQHOST_INSTANCE_CB_EDR_CONFIG_API_FQDN"), "defense.conferdeploy.net");
  EXPECT_EQ(of_instance.at("TQHOST_INSTANCE_CB_EDR_CONFIG_API_SECRET_KEY"), "") << "never shown";
  EXPECT_EQ(of_instance.at("TQHOST_INSTANCE_CB_EDR_CONFIG_DATA_COLLECTIONS"),
            "High risk, Crimeware");
  EXPECT_EQ(of_instance.at("TQHOST_INSTANCE_CB_EDR_DEFAULT_STATUS"), "Review");
  EXPECT_EQ(of_instance.count("TQHOST_INSTANCE_CB_EDR_PLUGIN"), 0u);

  Folder folder;
  ConfigSources sources;
  sources.file =
      folder.write("tqhost.json", R"({"instances": [{"name": "cb-edr", "plugin": "cb_edr"}]})");
  sources.environment = of_host;
  sources.environment.insert(of_instance.begin(), of_instance.end());
  // What has neither default nor example: any value, to see that its name is known.
  for (auto& [name, value] : sources.environment)
    if (value.empty() && name.find("FILE") == std::string::npos) value = "true";
  const auto config = load_host_config(sources);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(EnvironmentFile, IsAllComment) {
  for (const std::string& file :
       {host_settings_env(host_schema()), settings_env("n", cb_edr_schema(), host_schema())}) {
    std::istringstream lines(file);
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(line.empty() || line.front() == '#') << line;
  }
}

}  // namespace
}  // namespace tq
