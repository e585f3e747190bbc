// SPDX-License-Identifier: Apache-2.0
// LoadedPlugin: from a verified descriptor to a checked tqp_plugin.
#include <fcntl.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/file.hpp"
#include "core/text.hpp"
#include "load/note.hpp"
#include "load/plugin_file.hpp"
#include "load/registry.hpp"

namespace tq {
namespace {

using Entry = const tqp_plugin*();

std::string_view view(const tqp_str& text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

Error broken(const std::filesystem::path& copy, const std::string& what) {
  return {Status::kBug, "the plugin " + copy.string() + " " + what};
}

// A library that stays mapped to the end of the process: thread_local destructors and unique
// symbols of a plugin can make dlclose() leave parts of it behind, or pull code from under a thread
// that still runs it. So the destructor is never called, and the descriptor stays open: glibc knows
// a library by its path, /proc/self/fd/N, and would take the next file under the same N for this
// one.
class Mapping : public LoadedPlugin {
 public:
  Mapping() { new (&library_) boost::dll::shared_library(); }
  ~Mapping() override {}  // NOLINT: not "= default", which a union member deletes

  Result<void> map(UniqueFd fd, const std::filesystem::path& copy, uint16_t abi_major) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd.release());
    try {
      using boost::dll::load_mode::rtld_local;
      using boost::dll::load_mode::rtld_now;
      library_.load(path, rtld_now | rtld_local);
      plugin_ = library_.get<Entry>("tqp_entry_" + std::to_string(abi_major))();
    } catch (const std::exception& error) {
      return Error{Status::kConfig, "cannot load " + copy.string() + ": " + error.what()};
    }
    if (plugin_ == nullptr) return broken(copy, "returned no descriptor");
    return {};
  }

  const tqp_plugin& descriptor() const override { return *plugin_; }

 private:
  union {
    boost::dll::shared_library library_;
  };
  const tqp_plugin* plugin_ = nullptr;
};

Result<void> check_descriptor(const tqp_plugin& plugin, const PluginNote& note,
                              const HostOffer& offer, const std::filesystem::path& copy) {
  // Not TQP_REACHES: gcc warns about its test of a reference's address.
  if (plugin.size < offsetof(tqp_plugin, destroy) + sizeof plugin.destroy)
    return broken(copy, "returned a descriptor of " + std::to_string(plugin.size) + " bytes");
  if (plugin.abi_major != offer.abi_major)
    return broken(copy, "returned a descriptor of ABI " + std::to_string(plugin.abi_major));
  TQ_ASSIGN(const Manifest manifest, parse_manifest(note.manifest));
  if (view(plugin.id) != manifest.id || view(plugin.version) != manifest.version)
    return broken(copy, "says it is " + printable(view(plugin.id)) + " " +
                            printable(view(plugin.version)) + ", its manifest " + manifest.id +
                            " " + manifest.version);
  if (view(plugin.manifest) != note.manifest)
    return broken(copy, "carries another manifest than its note");
  std::vector<std::string> missing;
  if (plugin.create == nullptr) missing.emplace_back("create");
  if (plugin.facet == nullptr) missing.emplace_back("facet");
  if (plugin.destroy == nullptr) missing.emplace_back("destroy");
  if (missing.empty()) return {};
  return broken(copy, "returned a descriptor without " + join(missing, " and ") +
                          "; its tqp_plugin has to fill all of create, facet and destroy");
}

}  // namespace

Result<std::unique_ptr<LoadedPlugin>> LoadedPlugin::load(const std::filesystem::path& copy,
                                                         const std::string& digest,
                                                         const HostOffer& offer) {
  auto opened = open_file(copy, O_RDONLY | O_NOFOLLOW, 0, "cannot open the copy");
  // The next run makes it anew.
  if (!opened) return Error{Status::kTransient, opened.error().message};
  UniqueFd fd = opened.take();
  TQ_ASSIGN(const std::string bytes, read_plugin_file(fd.get()));
  if (to_hex(sha256(bytes)) != digest)
    return Error{Status::kTransient,
                 "the copy " + copy.string() + " is damaged; the next run makes it anew"};
  TQ_ASSIGN(const PluginNote note, read_plugin_note(bytes));
  auto mapping = std::make_unique<Mapping>();
  TQ_TRY(mapping->map(std::move(fd), copy, offer.abi_major));
  TQ_TRY(check_descriptor(mapping->descriptor(), note, offer, copy));
  return std::unique_ptr<LoadedPlugin>(std::move(mapping));
}

}  // namespace tq
