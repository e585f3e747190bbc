// SPDX-License-Identifier: Apache-2.0
#include "load/registry.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "load/elf_file.hpp"
#include "load/note.hpp"
#include "load/plugin_copies.hpp"
#include "load/plugin_file.hpp"
#include "load/plugin_record.hpp"

namespace tq {
namespace {

constexpr size_t kReasonBytesMost = 8192;
constexpr std::string_view kEntryPrefix = "tqp_entry_";

Error refuse(std::string reason) { return {Status::kConfig, std::move(reason)}; }

int64_t change_time_ns(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return 0;
  return int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec;
}

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

bool has_run(const FoundPlugin& plugin, const std::filesystem::path& state_dir) {
  const auto record = read_plugin_record(state_dir, plugin.manifest.id);
  const KnownFile* const known = record ? record->find(plugin.digest) : nullptr;
  return known != nullptr && known->ran_ms != 0;
}

// As many at a time as there may be processors; each is a child of its own.
constexpr size_t kChecksAtATime = 4;

// What the loader has against it takes a file out of the good ones. Where it cannot be asked,
// nothing is held against it.
void ask_loader(const FindOptions& options, std::vector<FoundPlugin>* found,
                std::vector<RefusedFile>* refused) {
  std::vector<FoundPlugin> good;
  if (options.trust_what_ran) {
    const auto asked = std::stable_partition(
        found->begin(), found->end(),
        [&](const FoundPlugin& plugin) { return has_run(plugin, options.state_dir); });
    std::move(found->begin(), asked, std::back_inserter(good));
    found->erase(found->begin(), asked);
  }
  for (size_t begin = 0; begin < found->size(); begin += kChecksAtATime) {
    const size_t end = std::min(begin + kChecksAtATime, found->size());
    std::vector<Result<std::unique_ptr<PendingCheck>>> checks;
    for (size_t i = begin; i < end; ++i)
      checks.push_back(options.check((*found)[i].file, (*found)[i].digest));
    for (size_t i = begin; i < end; ++i) {
      auto& one = checks[i - begin];
      const auto verdict = one ? wait_for(**one) : Result<void>();
      if (verdict || verdict.error().status != Status::kConfig) {
        good.push_back(std::move((*found)[i]));
      } else {
        refused->push_back({(*found)[i].file, verdict.error().message});
      }
    }
  }
  *found = std::move(good);
}

void choose(const std::string& id, std::vector<FoundPlugin>& candidates, const HostOffer& offer,
            const std::filesystem::path& state_dir, Registry* registry) {
  ChoiceQuestion question = question_of(id, candidates, registry->refused, state_dir);
  PluginChoice choice = choose_plugin(id, question);
  if (choice.from == PluginChoice::From::kCopy) {
    if (auto copy = inspect_copy(state_dir, choice.digest, offer)) {
      registry->plugins.push_back(copy.take());
    } else {
      std::erase(question.copies, choice.digest);
      const std::string damage = "the copy of " + id + " cannot be used: " + copy.error().message;
      choice = choose_plugin(id, question);
      choice.warning = damage + (choice.warning.empty() ? "" : "; ") + choice.warning;
    }
  }
  if (!choice.warning.empty()) registry->warnings.push_back(choice.warning);
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (choice.from == PluginChoice::From::kFile && i == choice.file) {
      registry->plugins.push_back(std::move(candidates[i]));
    } else if (candidates[i].digest != choice.digest) {
      registry->unused.push_back(std::move(candidates[i]));
    }
  }
}

}  // namespace

ChoiceQuestion question_of(const std::string& id, const std::vector<FoundPlugin>& candidates,
                           const std::vector<RefusedFile>& refused,
                           const std::filesystem::path& state_dir) {
  ChoiceQuestion out;
  for (const FoundPlugin& one : candidates)
    out.candidates.push_back({one.digest, one.manifest.version, one.file, one.changed_ns});
  for (const RefusedFile& file : refused) out.refused.push_back(file.file);
  if (state_dir.empty()) return out;
  const auto record = read_plugin_record(state_dir, id);
  if (!record) {
    out.trouble = record.error().message;
    return out;
  }
  out.pinned = record->pinned;
  out.earlier = record->chosen;
  out.failed = record->failed();
  out.copies = kept_copies(state_dir);
  return out;
}

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
  found.changed_ns = change_time_ns(file);
  return found;
}

Result<FoundPlugin> inspect_copy(const std::filesystem::path& state_dir, const std::string& digest,
                                 const HostOffer& offer) {
  const auto file = copy_file(state_dir, digest);
  auto found = inspect_plugin(file, offer);
  if (!found) return std::move(found.error()).in(file.string());
  if (found->digest != digest)
    return Error{Status::kConfig, file.string() + " is damaged: its digest is another one"};
  found->from_copy = true;
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

Result<Registry> find_plugins(const std::filesystem::path& folder, const HostOffer& offer,
                              const FindOptions& options) {
  TQ_ASSIGN(const auto files, plugin_files(folder));
  Registry registry;
  std::vector<FoundPlugin> found;
  for (const std::filesystem::path& file : files) {
    auto one = inspect_plugin(file, offer);
    if (one) {
      found.push_back(one.take());
    } else {
      registry.refused.push_back({file, printable(one.error().message, kReasonBytesMost)});
    }
  }
  if (options.check) ask_loader(options, &found, &registry.refused);
  std::map<std::string, std::vector<FoundPlugin>> by_id;
  if (!options.state_dir.empty())
    for (const std::string& id : recorded_plugins(options.state_dir)) by_id[id];
  for (FoundPlugin& one : found) by_id[one.manifest.id].push_back(std::move(one));
  for (auto& [id, candidates] : by_id) choose(id, candidates, offer, options.state_dir, &registry);
  return registry;
}

}  // namespace tq
