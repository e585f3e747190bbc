// SPDX-License-Identifier: Apache-2.0
#include "cli/drop_in_run.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/bridge.hpp"
#include "cli/command.hpp"
#include "cli/drop_in_files.hpp"
#include "cli/prompt.hpp"
#include "core/text.hpp"
#include "schema/default_paths.hpp"

namespace tq {
namespace {

Level level_of(int verbosity) {
  return verbosity == 3 ? Level::kDebug : verbosity == 2 ? Level::kInfo : Level::kWarning;
}

class DropInRun {
 public:
  DropInRun(const DropIn& drop_in, const GuideOptions& options, CommandContext& context)
      : drop_in_(drop_in), options_(options), context_(context) {}

  Exit run() {
    if (auto found = find(); !found) return fail(context_, found.error());
    return configured_ ? run_instance() : first_run();
  }

 private:
  // Which instance, with which files.
  Result<void> find() {
    instance_ = std::string(drop_in_.default_instance);
    if (options_.name) {
      TQ_ASSIGN(instance_, instance_of_name(*options_.name));
    }
    TQ_ASSIGN(spot_, find_config(options_.config, instance_));
    context_.sources.file = spot_.file;
    std::error_code error;
    configured_ = std::filesystem::exists(spot_.file, error);
    if (configured_) TQ_TRY(check_is_ours(spot_.file));
    TQ_ASSIGN(const HostConfig config, load());
    context_.sources.state_dir = config.state_dir;
    if (configured_) TQ_TRY(find_instance_in_file(config));
    TQ_ASSIGN(context_.sources.log_file, find_log(options_.log_location, instance_));
    context_.log_to = context_.sources.log_file ? LogTo::kFile : LogTo::kConsole;
    return {};
  }

  // The state lies beside the file when neither this one nor the environment says otherwise.
  Result<HostConfig> load() const {
    ConfigSources sources = context_.sources;
    sources.file_may_be_missing = true;
    DefaultPaths defaults = own_default_paths(sources.environment);
    defaults.state_dir = spot_.state_dir;
    return load_host_config(sources, defaults);
  }

  Result<void> find_instance_in_file(const HostConfig& config) {
    const InstanceConfig* found = nullptr;
    size_t number = 0;
    for (const InstanceConfig& instance : config.instances) {
      if (instance.file != spot_.file.string()) continue;  // of an instances.d beside it
      found = &instance;
      ++number;
    }
    if (number != 1)
      return Error{Status::kConfig, spot_.file.string() + " has " + std::to_string(number) +
                                        " instances, but a file of " +
                                        std::string(drop_in_.program) + " has one"};
    return check(*found);
  }

  Result<void> check(const InstanceConfig& found) {
    const std::string file = spot_.file.string();
    if (found.plugin != drop_in_.plugin)
      return Error{Status::kConfig, file + " configures the plugin " + found.plugin + ", but " +
                                        std::string(drop_in_.program) + " is " +
                                        std::string(drop_in_.plugin) + "; name another with -n"};
    if (spot_.named && !options_.name) instance_ = found.name;
    if (found.name != instance_)
      return Error{Status::kConfig, file + " configures the instance " + found.name +
                                        ", but this one would be " + instance_ + "; give -n " +
                                        found.name + ", or another file with -c"};
    // "CB Prod" and "CB/Prod" are one file: what was typed at the first run tells them apart.
    if (options_.name && *options_.name != instance_ && found.record_name != *options_.name)
      return Error{Status::kConfig,
                   "-n \"" + printable(*options_.name, 60) + "\" is the instance " + instance_ +
                       ", but the record of that one in ThreatQ is called \"" +
                       printable(found.record_name, 60) + "\" (record_name in " + file +
                       "); give -n " + instance_ + " if it is the same, else another name"};
    return {};
  }

  Exit run_instance() {
    context_.quiet = true;
    RunOptions run;
    run.instances = {instance_};
    run.external_proxy = options_.external_proxy;
    run.no_differential = options_.no_differential;
    run.historical = options_.historical;
    run.tells_signals = false;  // the original ended with 0
    return run_once_command(context_, run);
  }

  Exit first_run() {
    if (!terminal_prompter(context_.out)->interactive()) return not_configured();
    ConfigureOptions configure;
    configure.instance = instance_;
    configure.plugin = std::string(drop_in_.plugin);
    configure.drop_in = true;
    // A name that only ThreatQ can hold is the record's.
    if (options_.name && *options_.name != instance_)
      configure.settings.push_back("record_name=" + *options_.name);
    return configure_command(context_, configure);
  }

  Exit not_configured() const {
    const std::string folder = spot_.folder.string();
    std::string message = "no configuration in " + folder + "; give -c";
    if (options_.config)
      message = "there is no configuration " + spot_.file.string() + "; give another -c";
    if (const auto others = other_names(spot_); !others.empty())
      message += ", or -n and one of the names that are there (" + join(others, ", ") + ")";
    message += ", or start this at a terminal: it asks for what it needs, once";
    if (const auto foreign = foreign_files(spot_); !foreign.empty()) {
      constexpr size_t kNamedMost = 3;
      const size_t named = std::min(foreign.size(), kNamedMost);
      message +=
          "\nother programs' files in " + folder + " are neither read nor changed: " +
          join({foreign.begin(), foreign.begin() + static_cast<std::ptrdiff_t>(named)}, ", ");
      if (foreign.size() > named)
        message += " and " + std::to_string(foreign.size() - named) + " more";
      message += "; what stands in them has to be typed once at that terminal";
    }
    return fail_usage(context_, message);
  }

  const DropIn& drop_in_;
  const GuideOptions& options_;
  CommandContext& context_;
  std::string instance_;
  ConfigSpot spot_;
  bool configured_ = false;
};

}  // namespace

int run_drop_in(const DropIn& drop_in, const std::vector<std::string>& arguments,
                Environment environment, std::ostream& out, std::ostream& err) {
  CommandContext context{{}, Level::kWarning, false, out, err};
  context.sources.environment = std::move(environment);
  const auto options = parse_guide_options(drop_in.options, arguments);
  if (!options) {
    err << guide_usage(drop_in.options, drop_in.program) << '\n';
    return static_cast<int>(fail(context, options.error()));
  }
  if (options->help) {
    out << guide_help(drop_in.options, drop_in.program, drop_in.title);
    return 0;
  }
  for (const std::string& warning : options->warnings)
    err << "tqhost: warning: " << warning << '\n';
  context.log_level = level_of(options->verbosity);
  if (drop_in.options == OptionSet::kBridge)
    return static_cast<int>(bridge_command(context, *options, drop_in.program));
  return static_cast<int>(DropInRun(drop_in, *options, context).run());
}

}  // namespace tq
