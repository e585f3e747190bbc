// SPDX-License-Identifier: Apache-2.0
#include "load/registry.hpp"

#include <algorithm>
#include <system_error>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "load/elf_file.hpp"
#include "load/note.hpp"
#include "load/plugin_file.hpp"

namespace tq {
namespace {

constexpr size_t kReasonBytesMost = 8192;
constexpr std::string_view kEntryPrefix = "tqp_entry_";

Error refuse(std::string reason) { return {Status::kConfig, std::move(reason)}; }

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Result<void> check_folders(const std::filesystem::path& file) {
  TQ_TRY(check_plugin_folder(file.parent_path()));
  std::error_code error;
  const auto target = std::filesystem::canonical(file, error);
  if (error) return refuse("cannot be opened: " + error.message());
  return check_plugin_folder(target.parent_path());
}

Result<void> check_offer(const Manifest& manifest, const HostOffer& offer) {
  if (manifest.abi_major != offer.abi_major)
    return refuse("built for plugin ABI " + std::to_string(manifest.abi_major) + "." +
                  std::to_string(manifest.abi_minor) + ", this host has " +
                  std::to_string(offer.abi_major) + "." + std::to_string(offer.abi_minor));
  for (const std::string& service : manifest.required_services)
    if (!contains(offer.services, service))
      return refuse("needs " + service + ", this host offers " + join(offer.services, ", "));
  const bool callable =
      std::any_of(manifest.facets.begin(), manifest.facets.end(),
                  [&offer](const std::string& facet) { return contains(offer.facets, facet); });
  if (!callable)
    return refuse("can only be called as " + join(manifest.facets, ", ") + ", this host calls " +
                  join(offer.facets, ", "));
  return {};
}

Result<void> check_entry(std::string_view bytes, const HostOffer& offer) {
  TQ_ASSIGN(const ElfFile elf, ElfFile::parse(bytes));
  TQ_ASSIGN(const auto entries, elf.functions(kEntryPrefix));
  const std::string wanted = std::string(kEntryPrefix) + std::to_string(offer.abi_major);
  if (contains(entries, wanted)) return {};
  return refuse("has no entry symbol " + wanted + "; found " +
                (entries.empty() ? "none" : printable(join(entries, ", "))));
}

}  // namespace

Result<FoundPlugin> inspect_plugin(const std::filesystem::path& file, const HostOffer& offer) {
  TQ_TRY(check_folders(file));
  TQ_ASSIGN(const std::string bytes, read_plugin_file(file));
  TQ_ASSIGN(PluginNote note, read_plugin_note(bytes));
  FoundPlugin found;
  found.file = file;
  TQ_ASSIGN(found.manifest, parse_manifest(note.manifest));
  TQ_TRY(check_offer(found.manifest, offer));
  TQ_TRY(check_entry(bytes, offer));
  TQ_ASSIGN(const Json schema, parse_json(note.schema, "schema"));
  TQ_TRY(check_against_schema(found.manifest, schema));
  found.schema = std::move(note.schema);
  found.digest = to_hex(sha256(bytes));
  return found;
}

Result<std::vector<std::filesystem::path>> plugin_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.front() != '.' && at->path().extension() == ".so") files.push_back(at->path());
  }
  if (error)
    return Error{Status::kConfig, "cannot read the plugin folder " + folder.string() + ": " +
                                      error.message() + "; set plugins_dir or --plugins-dir"};
  std::sort(files.begin(), files.end());
  return files;
}

const FoundPlugin* Registry::find(std::string_view id) const {
  for (const FoundPlugin& plugin : plugins)
    if (plugin.manifest.id == id) return &plugin;
  return nullptr;
}

Result<Registry> find_plugins(const std::filesystem::path& folder, const HostOffer& offer) {
  TQ_ASSIGN(const auto files, plugin_files(folder));
  Registry registry;
  for (const std::filesystem::path& file : files) {
    auto found = inspect_plugin(file, offer);
    if (!found) {
      registry.refused.push_back({file, printable(found.error().message, kReasonBytesMost)});
    } else if (const FoundPlugin* first = registry.find(found->manifest.id)) {
      registry.refused.push_back({file, "its id " + found->manifest.id + " is that of " +
                                            printable(first->file.string(), kReasonBytesMost)});
    } else {
      registry.plugins.push_back(found.take());
    }
  }
  std::sort(
      registry.plugins.begin(), registry.plugins.end(),
      [](const FoundPlugin& a, const FoundPlugin& b) { return a.manifest.id < b.manifest.id; });
  return registry;
}

Result<std::filesystem::path> take_copy(const FoundPlugin& plugin,
                                        const std::filesystem::path& state_dir) {
  const auto folder = state_dir / "plugins";
  const auto copy = folder / (plugin.digest + ".so");
  if (const auto bytes = read_plugin_file(copy); bytes && to_hex(sha256(*bytes)) == plugin.digest)
    return copy;
  TQ_TRY(make_folder(folder));
  const auto bytes = read_plugin_file(plugin.file);
  if (!bytes) return Error{Status::kTransient, plugin.file.string() + ": " + bytes.error().message};
  // What is written is what was hashed, whatever happens to the file meanwhile.
  if (to_hex(sha256(*bytes)) != plugin.digest)
    return Error{
        Status::kTransient,
        plugin.file.string() + " changed while it was read; the next run takes the new one"};
  TQ_TRY(write_file_atomically(copy, *bytes, 0444));
  return copy;
}

}  // namespace tq
