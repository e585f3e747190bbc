// SPDX-License-Identifier: Apache-2.0
// state ls|get|export|import|reset|backup: what an instance remembers.
#include <fmt/ostream.h>

#include <cerrno>
#include <fstream>
#include <ostream>

#include "cli/command.hpp"
#include "cli/terminal/safe_output.hpp"
#include "core/file.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "store/export.hpp"
#include "store/store.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"

namespace tq {
namespace {

enum class Access { kRead, kWrite };

Result<std::unique_ptr<Store>> open_store(const CommandContext& context, const HostConfig& config,
                                          const std::string& instance, Access access) {
  TQ_ASSIGN(const InstanceConfig known, find_instance(config, instance));
  TQ_ASSIGN(const Registry registry, load_registry(context, config));
  TQ_ASSIGN(const FoundPlugin plugin, find_plugin(registry, config, known.plugin));
  StoreOptions options;
  options.file = state_file(config, instance);
  options.instance = instance;
  options.schema = plugin.manifest.state_schema;
  options.read_only = access == Access::kRead;
  options.set_aside_damaged = access == Access::kWrite;
  std::error_code error;
  if (access == Access::kRead && !std::filesystem::exists(options.file, error))
    return Error{Status::kConfig,
                 instance + " has no state yet: " + options.file.string() + " does not exist"};
  if (access == Access::kWrite) TQ_TRY(make_folder(options.file.parent_path()));
  return Store::open(options);
}

bool is_text(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) return false;
  return true;
}

Result<void> list_keys(Store& store, std::ostream& out) {
  return store.scan("", "", SIZE_MAX, [&](std::string_view key, std::string_view value) {
    fmt::print(out, "{:>8}  {}\n", value.size(), printable(key, 1024));
    return true;
  });
}

Result<void> get_value(Store& store, const std::string& key, std::ostream& out) {
  TQ_ASSIGN(const std::optional<std::string> value, store.get(key));
  if (!value)
    return Error{Status::kConfig,
                 "there is no key \"" + printable(key) + "\"; `tqhost state ls` shows them"};
  print_data(out, is_text(*value) ? *value : to_hex(*value));
  out << '\n';
  return {};
}

// What verifications found was found of the state before. With the lease, which the store holds.
Result<void> forget_verifications(const HostConfig& config, const std::string& instance) {
  const auto file = verify_record_file(instance_folder(config, instance));
  auto noted = note_other_state(file, RealWorld().now_ms());
  if (!noted)
    return std::move(noted.error())
        .in("the state was changed, but " + file.string() +
            " still says what was found of the one before; delete it");
  return {};
}

Result<void> change(const CommandContext& context, const StateOptions& options) {
  const bool reset = options.action == "reset";
  if (reset && !options.yes)
    return Error{Status::kConfig, "reset forgets everything that " + options.instance +
                                      " remembers; make a backup first, then say --yes"};
  std::ifstream lines;
  if (!reset) {
    lines.open(options.argument, std::ios::binary);
    if (!lines) return errno_error(Status::kConfig, "cannot open", options.argument, errno);
  }
  TQ_ASSIGN(const HostConfig config, load_config(context));
  TQ_ASSIGN(const auto store, open_store(context, config, options.instance, Access::kWrite));
  TQ_TRY(reset ? store->reset() : import_state(*store, lines, options.argument));
  return forget_verifications(config, options.instance);
}

Result<void> show(const CommandContext& context, const StateOptions& options) {
  TQ_ASSIGN(const HostConfig config, load_config(context));
  TQ_ASSIGN(const auto store, open_store(context, config, options.instance, Access::kRead));
  if (options.action == "ls") return list_keys(*store, context.out);
  if (options.action == "get") return get_value(*store, options.argument, context.out);
  if (options.action == "export") return export_state(*store, context.out);
  return store->backup(options.argument);
}

}  // namespace

Exit state_command(const CommandContext& context, const StateOptions& options) {
  const bool changes = options.action == "import" || options.action == "reset";
  const auto done = changes ? change(context, options) : show(context, options);
  return done ? Exit::kDone : fail(context, done.error());
}

}  // namespace tq
