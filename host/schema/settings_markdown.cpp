// SPDX-License-Identifier: Apache-2.0
#include "schema/settings_markdown.hpp"

#include <algorithm>
#include <functional>

#include "core/text.hpp"
#include "schema/normalise.hpp"
#include "schema/settings_list.hpp"
#include "schema/subschema.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

constexpr const char* kAnyInstance = "<NAME>";

using VariableOf = std::function<std::string(const Setting&)>;

std::string code(const std::string& text) { return "`" + text + "`"; }

// Plain text that Markdown would read as something else.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`') out += '\\';
    out += c;
  }
  return out;
}

std::string value_words(const Json& value) {
  const std::string text = value.is_null() ? "null" : plain_text(value);
  return text.empty() ? "empty" : code(text);
}

// "`a` or `b`"
std::string names_words(std::vector<std::string> names) {
  for (std::string& name : names) name = code(name);
  return either(names);
}

std::string default_words(const Setting& setting) {
  const Json* fallback = keyword(*setting.schema, "default");
  return fallback == nullptr ? "" : value_words(*fallback);
}

std::string heading(const std::string& opening, const std::string& name) {
  std::string out = "<!-- Written by: tqhost schema " + name +
                    " --format markdown. Change the schema, not this page. -->\n";
  return out + "# " + opening + "\n\n";
}

void add_table(const std::vector<Setting>& settings, std::string* out) {
  *out += "| setting | key | default |\n|---|---|---|\n";
  for (const Setting& setting : settings) {
    const std::string fallback = default_words(setting);
    *out += "| " + escaped(title_of(setting)) + " | " + code(dotted(setting)) + " | " +
            (setting.required && fallback.empty() ? "required" : fallback) + " |\n";
  }
  *out += "\n";
}

// Of a choice, or of the entries of a list of choices.
void add_labels(const Json& root, const Json& schema, std::string* out) {
  const Json* items = keyword(schema, "items");
  const Json* entry = items == nullptr ? nullptr : follow_ref(root, *items);
  const Json* labels = keyword(schema, "x-enum-labels");
  if (labels == nullptr && entry != nullptr) labels = keyword(*entry, "x-enum-labels");
  if (labels == nullptr) return;
  for (const auto& [value, label] : labels->items())
    *out += "  - " + code(value) + ": " + escaped(label.get<std::string>()) + "\n";
}

void add_setting(const Json& root, const Setting& setting, const std::string& variable,
                 std::string* out) {
  const Json& schema = *setting.schema;
  *out += "### " + code(dotted(setting)) + ": " + escaped(title_of(setting)) + "\n\n";
  if (const std::string help = text_at(schema, "description"); !help.empty())
    *out += escaped(help) + "\n\n";
  *out += "- Allowed: " + escaped(allowed_words(root, schema)) + "\n";
  add_labels(root, schema, out);
  const std::string fallback = default_words(setting);
  if (!fallback.empty()) *out += "- Default: " + fallback + "\n";
  *out += std::string("- Required: ") + (setting.required ? "yes" : "no") + "\n";
  if (const Json* example = keyword(schema, "x-example"))
    *out += "- Example: " + value_words(*example) + "\n";
  if (const std::string since = text_at(schema, "x-since"); !since.empty())
    *out += "- Since: " + escaped(since) + "\n";
  if (const auto names = old_names(schema); !names.empty())
    *out += "- Earlier name: " + names_words(names) + "\n";
  if (!variable.empty()) *out += "- Environment: " + code(variable) + "\n";
  *out += "\n";
}

// Settings of one group stand together, groups in the order of their first setting.
void add_groups(const Json& root, std::vector<Setting> settings, const std::string& nameless,
                const VariableOf& variable_of, std::string* out) {
  while (!settings.empty()) {
    const std::string group = settings.front().group;
    const auto rest =
        std::stable_partition(settings.begin(), settings.end(),
                              [&](const Setting& setting) { return setting.group == group; });
    const std::vector<Setting> here(settings.begin(), rest);
    settings.erase(settings.begin(), rest);
    *out += "## " + escaped(group.empty() ? nameless : group) + "\n\n";
    add_table(here, out);
    for (const Setting& setting : here) add_setting(root, setting, variable_of(setting), out);
  }
}

void add_schedule(const Json& schema, std::string* out) {
  const std::string usual = text_at(schema, "x-default-schedule");
  const std::string least = text_at(schema, "x-min-interval");
  if (!usual.empty())
    *out += "Schedule: " + code(usual) + ", unless the instance's `schedule` says otherwise.\n";
  if (!least.empty())
    *out += "Least interval: " + code(least) + ". Running more often gets a warning, no error.\n";
  if (!usual.empty() || !least.empty()) *out += "\n";
}

void add_removed(const Json& schema, std::string* out) {
  const Json* removed = keyword(schema, "x-removed");
  if (removed == nullptr || removed->empty()) return;
  *out += "## Removed settings\n\n| key | removed in | instead |\n|---|---|---|\n";
  for (const auto& [key, how] : removed->items())
    *out += "| " + code(key) + " | " + escaped(text_at(how, "since")) + " | " +
            escaped(text_at(how, "instead")) + " |\n";
  *out += "\n";
}

// One newline at the end.
std::string closed(std::string page) {
  while (page.size() > 1 && page[page.size() - 2] == '\n') page.pop_back();
  return page;
}

}  // namespace

std::string settings_markdown(const std::string& plugin_id, const Json& schema) {
  std::string out = heading(
      "Settings of " + code(plugin_id) + ": " + escaped(text_at(schema, "title", plugin_id)),
      plugin_id);
  if (const std::string help = text_at(schema, "description"); !help.empty())
    out += escaped(help) + "\n\n";
  out += "In the host file they stand in the `config` of an instance whose `plugin` is " +
         code(plugin_id) + ". In the name of an environment variable, " + code(kAnyInstance) +
         " is the instance's name in capitals, with `_` for every other character.\n\n";
  add_schedule(schema, &out);
  add_groups(
      schema, list_settings(schema, schema), "Settings",
      [](const Setting& setting) { return plugin_variable(kAnyInstance, setting); }, &out);
  add_removed(schema, &out);
  return closed(std::move(out));
}

std::string host_settings_markdown(const Json& host_schema) {
  std::string out = heading("Settings of the host file", "host");
  if (const std::string help = text_at(host_schema, "description"); !help.empty())
    out += escaped(help) + "\n\n";
  add_groups(host_schema, list_host_settings(host_schema), "General", host_variable, &out);
  out +=
      "# Settings of an instance\n\nMembers of an entry of `instances`, or of a file of "
      "`instances.d/`. In the name of an environment variable, " +
      code(kAnyInstance) +
      " is the instance's name in capitals, with `_` for every other character.\n\n";
  add_groups(
      host_schema, list_instance_settings(host_schema), "Instance",
      [](const Setting& setting) { return instance_variable(kAnyInstance, setting); }, &out);
  return closed(std::move(out));
}

}  // namespace tq
