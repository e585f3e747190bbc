// SPDX-License-Identifier: Apache-2.0
// Registry: the plugins found in a folder, and every refused file with its reason. Finding runs no
// code of a plugin. LoadedPlugin: one plugin mapped into this process, from a private, verified
// copy. One thread.
#pragma once

#include <tqp/plugin.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "load/loader_check.hpp"
#include "load/manifest.hpp"
#include "load/plugin_choice.hpp"

namespace tq {

struct FoundPlugin {
  std::filesystem::path file;  // where it was dropped
  std::string digest;          // SHA-256 of the whole file, hex
  Manifest manifest;
  std::string schema;      // JSON text
  int64_t changed_ns = 0;  // the file's change time
  bool from_copy = false;  // `file` is the copy in the state folder
};

struct RefusedFile {
  std::filesystem::path file;
  std::string reason;
};

struct Registry {
  std::vector<FoundPlugin> plugins;  // by id
  std::vector<RefusedFile> refused;
  std::vector<FoundPlugin> unused;    // good, and another file of their id is used
  std::vector<std::string> warnings;  // about files of one id, and copies that go on; for people

  const FoundPlugin* find(std::string_view id) const;
};

// What the host serves: service ids ("tqp.http/1"), facets, ABI version.
struct HostOffer {
  uint16_t abi_major = TQP_ABI_MAJOR, abi_minor = TQP_ABI_MINOR;
  std::vector<std::string> services, facets;
};

// One file. Runs nothing of it and reads it once: what is checked is what the digest is of.
// E_CONFIG with the reason.
Result<FoundPlugin> inspect_plugin(const std::filesystem::path& file, const HostOffer& offer);

// The copy of a file that may be gone.
Result<FoundPlugin> inspect_copy(const std::filesystem::path& state_dir, const std::string& digest,
                                 const HostOffer& offer);

// The plugin files of a folder, sorted: *.so, but not those whose name begins with a dot. E_CONFIG
// when the folder cannot be read.
Result<std::vector<std::filesystem::path>> plugin_files(const std::filesystem::path& folder);

struct FindOptions {
  std::filesystem::path state_dir{};  // whose pins and copies count; empty: none
  StartCheck check{};                 // asks the dynamic loader; null: it is not asked
  bool trust_what_ran = false;        // it is not asked about a file that has started before
};

// Looks at every *.so of the folder. A missing folder is E_CONFIG; a bad file is a RefusedFile. Of
// several with one id choose_plugin() takes one.
Result<Registry> find_plugins(const std::filesystem::path& folder, const HostOffer& offer,
                              const FindOptions& options = {});

// What choose_plugin() goes by, for the good files of an id.
ChoiceQuestion question_of(const std::string& id, const std::vector<FoundPlugin>& candidates,
                           const std::vector<RefusedFile>& refused,
                           const std::filesystem::path& state_dir);

class LoadedPlugin {
 public:
  // Checks the copy's digest on the descriptor that is loaded, dlopen RTLD_NOW|RTLD_LOCAL,
  // tqp_entry_1, descriptor.
  static Result<std::unique_ptr<LoadedPlugin>> load(const std::filesystem::path& copy,
                                                    const std::string& digest,
                                                    const HostOffer& offer);
  virtual ~LoadedPlugin() = default;  // never unmaps: a second load in one process is not supported

  virtual const tqp_plugin& descriptor() const = 0;
};

}  // namespace tq
