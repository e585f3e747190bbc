// SPDX-License-Identifier: Apache-2.0
#include "schema/settings_env.hpp"

#include "schema/settings_list.hpp"
#include "schema/subschema.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

// The default, else the example; never of a secret.
std::string shown_value(const Json& schema) {
  if (flag(schema, "writeOnly")) return {};
  for (const char* name : {"default", "x-example"})
    if (const Json* value = keyword(schema, name); value != nullptr && !plain_text(*value).empty())
      return plain_text(*value);
  return {};
}

void add_variable(const Json& root, const Setting& setting, const std::string& variable,
                  std::string* out) {
  if (variable.empty()) return;
  const Json& schema = *setting.schema;
  *out += "\n# " + title_of(setting) + (setting.required ? " (required)" : "");
  if (const std::string help = text_at(schema, "description"); !help.empty()) *out += ": " + help;
  // A variable holds the secret itself; references to one belong into the file.
  if (!flag(schema, "writeOnly")) *out += "\n# Allowed: " + allowed_words(root, schema);
  *out += "\n#" + variable + "=" + shown_value(schema) + "\n";
}

std::string opening(const std::string& what) {
  return "# Environment of " + what +
         ". It wins over the configuration file.\n"
         "# Take the # away before what you set; an empty variable is as good as none.\n";
}

}  // namespace

std::string settings_env(const std::string& instance, const Json& schema, const Json& host_schema) {
  std::string out = opening("the instance " + instance + " of " + text_at(schema, "title"));
  out += "# The instance has to be in the configuration file, by its name and plugin.\n";
  for (const Setting& setting : list_settings(schema, schema))
    add_variable(schema, setting, plugin_variable(instance, setting), &out);
  for (const Setting& setting : list_instance_settings(host_schema))
    if (setting.path.front() != "plugin")
      add_variable(host_schema, setting, instance_variable(instance, setting), &out);
  return out;
}

std::string host_settings_env(const Json& host_schema) {
  std::string out = opening("tqhost");
  for (const Setting& setting : list_host_settings(host_schema))
    add_variable(host_schema, setting, host_variable(setting), &out);
  return out;
}

}  // namespace tq
