// SPDX-License-Identifier: Apache-2.0
// list, describe, schema: what is there, without running anything of it.
#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "worker/offer.hpp"

namespace tq {
namespace {

constexpr size_t kCellBytesMost = 4096;

// What a file, a plugin or a person says, in its place of a row.
std::string cell(const std::string& text) { return printable(text, kCellBytesMost); }

Json plugin_json(const FoundPlugin& plugin) {
  return {{"id", plugin.manifest.id},
          {"version", plugin.manifest.version},
          {"name", plugin.manifest.name},
          {"file", plugin.file.string()},
          {"sha256", plugin.digest}};
}

Json instance_json(const InstanceConfig& instance, const Registry& registry) {
  return {
      {"name", instance.name},       {"plugin", instance.plugin},
      {"enabled", instance.enabled}, {"schedule", instance.schedule},
      {"file", instance.file},       {"plugin_found", registry.find(instance.plugin) != nullptr}};
}

Json list_json(const HostConfig& config, const Registry& registry) {
  Json out = {{"plugins_dir", config.plugins_dir.string()},
              {"plugins", Json::array()},
              {"refused", Json::array()},
              {"unused", Json::array()},
              {"instances", Json::array()}};
  for (const FoundPlugin& plugin : registry.plugins) out["plugins"].push_back(plugin_json(plugin));
  for (const RefusedFile& refused : registry.refused)
    out["refused"].push_back({{"file", refused.file.string()}, {"reason", refused.reason}});
  for (const FoundPlugin& plugin : registry.unused) out["unused"].push_back(plugin_json(plugin));
  for (const InstanceConfig& instance : config.instances)
    out["instances"].push_back(instance_json(instance, registry));
  return out;
}

void print_list(const HostConfig& config, const Registry& registry, std::ostream& out) {
  fmt::print(out, "Plugins in {}:\n", config.plugins_dir.string());
  if (registry.plugins.empty()) fmt::print(out, "  none\n");
  for (const FoundPlugin& plugin : registry.plugins)
    fmt::print(out, "  {:<16} {:<8} {}\n", plugin.manifest.id, cell(plugin.manifest.version),
               cell(plugin.manifest.name));
  if (!registry.refused.empty()) fmt::print(out, "Refused:\n");
  for (const RefusedFile& refused : registry.refused)
    fmt::print(out, "  {:<16} {}\n", cell(refused.file.filename().string()), cell(refused.reason));
  if (!registry.unused.empty()) fmt::print(out, "Not used, another file has the same id:\n");
  for (const FoundPlugin& plugin : registry.unused)
    fmt::print(out, "  {:<16} {:<8} {}\n", plugin.manifest.id, cell(plugin.manifest.version),
               cell(plugin.file.filename().string()));
  fmt::print(out, "Instances:\n");
  if (config.instances.empty()) fmt::print(out, "  none\n");
  for (const InstanceConfig& instance : config.instances)
    fmt::print(out, "  {:<16} {:<16} {}{}{}\n", cell(instance.name), cell(instance.plugin),
               instance.enabled ? "enabled" : "disabled",
               instance.schedule.empty() ? "" : ", " + cell(instance.schedule),
               registry.find(instance.plugin) == nullptr ? ", its plugin was not found" : "");
}

// A refused file that nobody uses is a note; an enabled instance that cannot run is a failure.
bool all_can_run(const HostConfig& config, const Registry& registry) {
  return std::all_of(config.instances.begin(), config.instances.end(),
                     [&](const InstanceConfig& instance) {
                       return !instance.enabled || registry.find(instance.plugin) != nullptr;
                     });
}

// A setting's line: its key, type, whether it is needed, its default.
void print_setting(const std::string& key, const Json& property, bool required, std::ostream& out) {
  std::string facts =
      property.contains("type") && property["type"].is_string() ? text_at(property, "type") : "any";
  const Json* const secret = property.is_object() ? json_at(property, "/writeOnly") : nullptr;
  if (secret != nullptr && *secret == true) facts += ", secret";
  if (required) facts += ", required";
  if (property.contains("default")) facts += ", default " + dump_json(property["default"]);
  fmt::print(out, "  {:<22} {} ({})\n", cell(key), cell(text_at(property, "title")), facts);
}

// What settings say of the way to the hosts.
void print_ways(const Manifest& manifest, std::ostream& out) {
  for (const TlsEntry& entry : manifest.tls) {
    std::vector<std::string> parts;
    if (!entry.ca_field.empty()) parts.push_back("trusts the CA in " + entry.ca_field);
    if (!entry.verify_field.empty())
      parts.push_back("is not verified when " + entry.verify_field + " is false");
    fmt::print(out, "TLS:       {} {}\n", entry.for_field, join(parts, ", "));
  }
  for (const ProxyEntry& entry : manifest.proxy)
    fmt::print(out, "Proxy:     {} is reached through that in {}\n", entry.for_field,
               entry.url_field);
}

void print_plugin(const FoundPlugin& plugin, const Json& schema, std::ostream& out) {
  const Manifest& manifest = plugin.manifest;
  fmt::print(out, "{} {}\n{}\n{}\n\n", manifest.id, cell(manifest.version), cell(manifest.name),
             cell(manifest.description));
  fmt::print(out, "File:      {}\nSHA-256:   {}\nABI:       {}.{}\nFacets:    {}\n",
             cell(plugin.file.string()), plugin.digest, manifest.abi_major, manifest.abi_minor,
             join(manifest.facets, ", "));
  fmt::print(out, "Needs:     {}\n", join(manifest.required_services, ", "));
  if (!manifest.optional_services.empty())
    fmt::print(out, "Can use:   {}\n", join(manifest.optional_services, ", "));
  fmt::print(
      out, "Connects:  {}\n",
      manifest.connect.empty() ? "nowhere" : "to the hosts in " + join(manifest.connect, ", "));
  if (!manifest.read.empty())
    fmt::print(out, "Reads:     the files in {}\n", join(manifest.read, ", "));
  print_ways(manifest, out);
  fmt::print(out, "Instance:  {} by default\n\nSettings:\n", manifest.default_instance);
  const Json* properties = json_at(schema, "/properties");
  const Json* required = json_at(schema, "/required");
  if (properties == nullptr) return;
  for (const auto& [key, property] : properties->items()) {
    const bool is_required = required != nullptr &&
                             std::find(required->begin(), required->end(), key) != required->end();
    print_setting(key, property, is_required, out);
  }
}

}  // namespace

Exit list_command(const CommandContext& context, bool json) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto registry = load_registry(context, *config);
  if (!registry) return fail(context, registry.error());
  if (json) {
    context.out << pretty_json(list_json(*config, *registry));
  } else {
    print_list(*config, *registry, context.out);
  }
  return all_can_run(*config, *registry) ? Exit::kDone : Exit::kFailed;
}

Exit describe_command(const CommandContext& context, const std::string& id, bool json) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto registry = load_registry(context, *config);
  if (!registry) return fail(context, registry.error());
  const auto plugin = find_plugin(*registry, *config, id);
  if (!plugin) return fail(context, plugin.error());
  const auto schema = parse_json(plugin->schema, id + "'s schema");
  if (!schema) return fail(context, schema.error());
  if (json) {
    Json out = plugin_json(*plugin);
    out["manifest"] = plugin->manifest.json;
    out["schema"] = *schema;
    context.out << pretty_json(out);
  } else {
    print_plugin(*plugin, *schema, context.out);
  }
  return Exit::kDone;
}

}  // namespace tq
