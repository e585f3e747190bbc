// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_subject.hpp"

#include <unistd.h>

#include <algorithm>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMost = 1 << 20;

// The plugin that is named, that the instance already has, or that it has the name of.
Result<FoundPlugin> choose_plugin(const CommandContext& context, const HostConfig& config,
                                  const ConfigureOptions& options) {
  const InstanceConfig* const known = config.find(options.instance);
  if (known != nullptr && !options.plugin.empty() && options.plugin != known->plugin)
    return Error{Status::kConfig, "the instance \"" + options.instance + "\" is one of plugin " +
                                      known->plugin + ", not of " + options.plugin +
                                      "; give the new one another name"};
  TQ_ASSIGN(const Registry registry, load_registry(context, config));
  const std::string id = known != nullptr ? known->plugin : options.plugin;
  if (!id.empty()) return find_plugin(registry, config, id);
  std::vector<std::string> ids;
  for (const FoundPlugin& plugin : registry.plugins) {
    if (plugin.manifest.id == options.instance ||
        plugin.manifest.default_instance == options.instance)
      return plugin;
    ids.push_back(plugin.manifest.id);
  }
  return Error{Status::kConfig,
               "which plugin the new instance \"" + printable(options.instance, 64) +
                   "\" is of is not known; add --plugin ID; " +
                   (ids.empty() ? "no plugin was found in " + config.plugins_dir.string()
                                : "there are: " + join(ids, ", "))};
}

// The instance's own, or the whole host file of a drop-in name.
fs::path file_of(const fs::path& host_file, const ConfigureOptions& options) {
  return options.drop_in ? host_file
                         : host_file.parent_path() / "instances.d" / (options.instance + ".json");
}

Result<void> check_writable(const fs::path& file) {
  std::error_code error;
  fs::path folder = file.parent_path();
  while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
    folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Error{Status::kConfig, file.string() + " cannot be written: the user " + user_name() +
                                    " may not write in " + folder.string()};
}

// What an earlier `configure` left in the instance's own file; null: nothing.
Result<Json> read_earlier(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return Json();
  TQ_ASSIGN(const std::string text, read_text_file(file, kFileBytesMost));
  auto json = parse_json(text, file.string());
  if (json) return json;
  return Error{Status::kConfig, file.string() +
                                    " has comments, so a person wrote it, and it is not written "
                                    "anew; change it there"};
}

Result<void> check_whose(const HostConfig& config, const ConfigureSubject& subject) {
  const InstanceConfig* const known = config.find(subject.instance);
  if (known != nullptr && known->file != subject.file.string())
    return Error{Status::kConfig, "the instance \"" + subject.instance + "\" stands in " +
                                      known->file +
                                      ", which configure does not change; change it "
                                      "there, or configure another name"};
  std::error_code error;
  if (fs::is_symlink(subject.file) && !fs::exists(subject.file, error))
    return Error{Status::kConfig, subject.file.string() +
                                      " is a link to a file that is not there; remove the link, "
                                      "or put the file there"};
  if (subject.drop_in && fs::exists(subject.file, error))
    return Error{Status::kConfig, subject.file.string() +
                                      " exists and is not written anew; change it there, or move "
                                      "it away to be asked again"};
  return {};
}

}  // namespace

bool ConfigureSubject::uses_threatq() const { return plugin.manifest.takes(TQP_THREATQ); }

Result<void> check_instance_name(const std::string& name) {
  TQ_ASSIGN(const auto schema, PluginSchema::of_host());
  const Json host = {{"instances", {{{"name", name}, {"plugin", "any"}}}}};
  PluginSettings ignored;
  const std::vector<Problem> problems = schema->apply(host, &ignored);
  if (problems.empty()) return {};
  return Error{Status::kConfig, "the instance's name " + problems.front().message};
}

Result<void> check_place(const ConfigSources& sources, const ConfigureOptions& options) {
  const fs::path host_file = intended_file(sources);
  if (host_file.empty())
    return Error{Status::kConfig,
                 "where the configuration is to be written is not known, because HOME is not set; "
                 "give --config FILE"};
  TQ_TRY(check_instance_name(options.instance));
  return check_writable(file_of(host_file, options));
}

Result<ConfigureSubject> find_subject(const CommandContext& context, const HostConfig& config,
                                      const ConfigureOptions& options) {
  ConfigureSubject out;
  out.instance = options.instance;
  out.drop_in = options.drop_in;
  TQ_ASSIGN(out.plugin, choose_plugin(context, config, options));
  TQ_ASSIGN(out.schema, schema_of(out.plugin));
  TQ_ASSIGN(out.form, make_form(*out.schema));
  out.file = file_of(config.intended_file, options);
  TQ_TRY(check_whose(config, out));
  if (!out.drop_in) {
    TQ_ASSIGN(out.earlier, read_earlier(out.file));
  }
  return out;
}

}  // namespace tq
