// SPDX-License-Identifier: Apache-2.0
// schema: what is made from the settings of a plugin, or of the host file, for people and programs.
#include <algorithm>
#include <ostream>
#include <set>

#include "cli/app_commands.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "schema/embedded.hpp"
#include "schema/form.hpp"
#include "schema/settings_env.hpp"
#include "schema/settings_list.hpp"
#include "schema/settings_markdown.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

constexpr const char* kHost = "host";

// Whose settings they are.
struct Subject {
  std::string name;      // a plugin's id, or "host"
  std::string text;      // the schema as it is written
  Json json;             // and parsed
  std::string instance;  // the plugin's default instance; of the host empty
  Json host;             // the host file's schema
  bool is_plugin() const { return !instance.empty(); }
};

Result<Subject> find_subject(const CommandContext& context, const std::string& name) {
  TQ_ASSIGN(Json host, parse_json(host_schema_text(), "host.schema.json"));
  if (name == kHost) return Subject{name, std::string(host_schema_text()), host, "", host};
  TQ_ASSIGN(const HostConfig config, load_config(context));
  TQ_ASSIGN(const Registry registry, load_registry(context, config));
  TQ_ASSIGN(const FoundPlugin plugin, find_plugin(registry, config, name));
  TQ_ASSIGN(Json json, parse_json(plugin.schema, name + "'s schema"));
  return Subject{name, plugin.schema, std::move(json), plugin.manifest.default_instance,
                 std::move(host)};
}

// What configure --set takes. Secrets are never written on a command line, which others can read.
std::vector<std::string> keys_of(const Subject& subject) {
  std::vector<std::string> out;
  const auto add = [&](const std::vector<Setting>& settings, const std::string& prefix) {
    for (const Setting& setting : settings)
      if (!flag(*setting.schema, "writeOnly")) out.push_back(prefix + dotted(setting));
  };
  // These it takes by other ways, or not at all.
  const std::set<std::string> others = {"name", "plugin", "enabled"};
  std::vector<Setting> of_instance = list_instance_settings(subject.host);
  of_instance.erase(std::remove_if(of_instance.begin(), of_instance.end(),
                                   [&](const Setting& setting) {
                                     return others.count(setting.path.front()) != 0;
                                   }),
                    of_instance.end());
  add(of_instance, "");
  if (subject.is_plugin()) add(list_settings(subject.json, subject.json), "config.");
  return out;
}

std::string completion(const Subject& subject, const std::string& shell) {
  Globals globals;
  Arguments args;
  Action action;
  const auto app = make_app(globals, args, action);
  const CompletionSource source{
      completed_commands(*app), keys_of(subject),
      "tqhost schema " + subject.name + " --format completion --shell " + shell};
  if (shell == "zsh") return zsh_completion(source);
  return shell == "fish" ? fish_completion(source) : bash_completion(source);
}

Result<std::string> form_text(const Subject& subject) {
  if (!subject.is_plugin())
    return Error{Status::kConfig,
                 "the host file has no form in ThreatQ; name a plugin, as tqhost list shows it"};
  TQ_ASSIGN(const auto schema, PluginSchema::parse(subject.text, subject.name + "'s schema"));
  TQ_ASSIGN(const Form form, make_form(*schema));
  return pretty_json(form_definition(form));
}

Result<std::string> product(const Subject& subject, const std::string& format,
                            const std::string& shell) {
  if (format == "threatq-ui") return form_text(subject);
  if (format == "completion") return completion(subject, shell);
  if (format == "markdown")
    return subject.is_plugin() ? settings_markdown(subject.name, subject.json)
                               : host_settings_markdown(subject.host);
  if (format == "env")
    return subject.is_plugin() ? settings_env(subject.instance, subject.json, subject.host)
                               : host_settings_env(subject.host);
  return subject.text + (subject.text.empty() || subject.text.back() != '\n' ? "\n" : "");
}

}  // namespace

Exit schema_command(const CommandContext& context, const std::string& plugin,
                    const std::string& format, const std::string& shell) {
  const auto subject = find_subject(context, plugin);
  if (!subject) return fail(context, subject.error());
  const auto text = product(*subject, format, shell);
  if (!text) return fail(context, text.error());
  context.out << *text;
  return Exit::kDone;
}

}  // namespace tq
