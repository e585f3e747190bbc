// SPDX-License-Identifier: Apache-2.0
#include "cli/crew_run.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <ostream>
#include <sstream>

#include "cli/plugin_starts.hpp"
#include "cli/terminal/safe_output.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "load/plugin_copies.hpp"
#include "schema/environment.hpp"
#include "worker/crash_world.hpp"
#include "worker/crew.hpp"
#include "worker/layout.hpp"
#include "worker/record.hpp"
#include "worker/verification.hpp"

namespace tq {
namespace {

constexpr size_t kShownBytesMost = 8192;
constexpr const char* kClearToEnd = "\x1b[K";
const std::string kOverdue = "ran longer than limits.run_minutes allows; ";

// One line on a terminal that is rewritten; nothing elsewhere, where the log tells.
class Display : public CrewWatcher {
 public:
  Display(const CommandContext& context, const HostConfig& config, const Order& order,
          PluginStarts& starts)
      : starts_(starts),
        context_(context),
        config_(config),
        order_(order),
        terminal_(::isatty(STDERR_FILENO) == 1) {}

  void progress(std::string_view instance, uint64_t done, uint64_t total,
                std::string_view text) override {
    if (!terminal_) return;
    std::string line =
        std::string(instance) + ": " + printable(text, 80) + " " + std::to_string(done);
    if (total > 0) line += " of " + std::to_string(total);
    print_control(context_.err, "\r");
    context_.err << line;
    print_control(context_.err, kClearToEnd);
    context_.err << std::flush;
    drawn_ = true;
  }

  void effect(std::string_view instance, std::string_view what) override {
    clear();
    context_.out << instance << ": would " << printable(what, kShownBytesMost) << '\n';
  }

  void warning(std::string_view instance, std::string_view text) override {
    // Where the log goes to the console, or the original printed nothing, the log says it.
    if (context_.quiet || context_.log_to != LogTo::kFile) return;
    clear();
    context_.err << instance << ": warning: " << printable(text, kShownBytesMost) << '\n';
  }

  void answer(std::string_view, std::string_view line) override {
    clear();
    context_.out << printable(line, kShownBytesMost) << '\n';
  }

  void ended(const WorkerEnd& end) override {
    clear();
    keep_last_words(end);
    starts_.note_end(end);
    if (end.left_behind > 0)
      warning(end.instance, "processes that its worker had left behind were ended: " +
                                std::to_string(end.left_behind));
    const bool shown = order_.ended && order_.ended(end);
    if (end.reported && end.signal == 0) {
      // Of one that saw a stop like any other, or could not write it any more.
      if (end.overdue || end.exit() == Exit::kFailed)
        close_record(end, (end.overdue ? kOverdue : "") + end.note);
      // A drop-in name prints what its original did: nothing, unless something is wrong.
      if (shown || end.note.empty() || (context_.quiet && end.exit() == Exit::kDone)) return;
      std::ostream& stream = end.exit() == Exit::kDone || end.exit() == Exit::kDeadLettered
                                 ? context_.out
                                 : context_.err;
      // A note that begins with the name needs it no second time.
      const bool named = !end.overdue && end.note.rfind(end.instance + " ", 0) == 0;
      if (!named) stream << end.instance << ": " << (end.overdue ? kOverdue : "");
      stream << shown_lines(end.note, "  ") << '\n';
      return;
    }
    std::string how = end.how();
    if (end.overdue) how = kOverdue + how;
    context_.err << end.instance << ": the worker " << how;
    if (context_.log_to != LogTo::kConsole)
      context_.err << "; its log is " << log_file(config_, end.instance).string();
    context_.err << '\n';
    close_record(end, "the worker " + how);
  }

 private:
  void clear() {
    if (!drawn_) return;
    print_control(context_.err, "\r");
    print_control(context_.err, kClearToEnd);
    context_.err << std::flush;
    drawn_ = false;
  }

  // What the worker printed while it died belongs into its log.
  void keep_last_words(const WorkerEnd& end) {
    if (end.last_words.empty()) return;
    LogOptions options;
    if (context_.log_to != LogTo::kConsole) options.file = log_file(config_, end.instance);
    options.json = context_.log_json;
    options.journal_stream = variable(context_.sources.environment, "JOURNAL_STREAM");
    options.max_size_mb = config_.log_max_size_mb;
    options.keep = config_.log_keep;
    options.instance = end.instance;
    RealWorld world;
    const auto log = Log::open(options, world);
    if (!log) return;
    std::istringstream lines(end.last_words);
    for (std::string line; std::getline(lines, line);) (*log)->error(Event::kPluginOutput, line);
  }

  void close_record(const WorkerEnd& end, const std::string& message) {
    const int64_t now_ms = RealWorld().now_ms();
    const auto folder = instance_folder(config_, end.instance);
    const auto closed = order_.purpose == Purpose::kVerify
                            ? close_verify_record(verify_record_file(folder), end, message, now_ms)
                            : close_run_record(run_record_file(folder), end, message, now_ms);
    if (!closed) context_.err << "tqhost: " << closed.error().message << '\n';
  }

  PluginStarts& starts_;
  const CommandContext& context_;
  const HostConfig& config_;
  const Order& order_;
  bool terminal_;
  bool drawn_ = false;
};

Result<std::vector<InstanceConfig>> chosen(const HostConfig& config,
                                           const std::vector<std::string>& names, bool strict) {
  std::vector<InstanceConfig> out;
  for (const std::string& name : names) {
    TQ_ASSIGN(InstanceConfig instance, find_instance(config, name));
    out.push_back(std::move(instance));
  }
  if (!names.empty()) return out;
  for (const InstanceConfig& instance : config.instances)
    if (instance.enabled || strict) out.push_back(instance);  // a worker refuses a disabled one
  if (config.instances.empty())
    return Error{Status::kConfig,
                 "no instance is configured; add one to \"instances\" of " +
                     (config.file.empty() ? "the configuration file" : config.file.string())};
  return out;
}

Result<Assignment> assign(const CommandContext& context, const HostConfig& config,
                          const Registry& registry, const InstanceConfig& instance,
                          const Order& order, PluginStarts& starts) {
  TQ_ASSIGN(const FoundPlugin plugin, find_plugin(registry, config, instance.plugin));
  TQ_TRY(make_own_folder(config.state_dir));
  Assignment out;
  TQ_ASSIGN(out.plugin_copy, take_copy(plugin, config.state_dir));
  out.plugin_digest = plugin.digest;
  starts.note_chosen(instance.name, plugin);
  out.plugin_manifest = dump_json(plugin.manifest.json);
  out.schema = plugin.schema;
  out.purpose = order.purpose;
  out.instance = instance.name;
  out.flags = order.flags;
  out.historical_ms = order.historical_ms;
  out.strict = order.strict;
  out.sources = context.sources;
  out.log_level = context.log_level;
  out.log_json = context.log_json;
  // What was found good, and what was deleted or left, the plugin tells by its log.
  const bool tells_by_log = order.purpose == Purpose::kCheck || order.purpose == Purpose::kPurge;
  out.log_to =
      tells_by_log && context.log_to == LogTo::kFile ? LogTo::kFileAndConsole : context.log_to;
  out.external_proxy = order.external_proxy;
  out.debugger = order.debugger;
  out.explain_value = order.explain_value;
  out.explain_type = order.explain_type;
  out.crash_at = crash_point(context.sources.environment);
  out.memory_mb = config.memory_mb;
  return out;
}

}  // namespace

Exit run_crew(const CommandContext& context, const std::vector<std::string>& names,
              const Order& order) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto registry = load_registry(context, *config, AskLoader::kUnlessItRan);
  if (!registry) return fail(context, registry.error());
  const auto instances = chosen(*config, names, order.strict);
  if (!instances) return fail(context, instances.error());
  if (instances->empty()) {
    context.out << "every configured instance is disabled; nothing was done\n";
    return Exit::kDone;
  }

  PluginStarts starts(context, *config, *registry);
  Display display(context, *config, order, starts);
  Crew crew(config->run_minutes, display);
  Exit worst = Exit::kDone;
  for (const InstanceConfig& instance : *instances) {
    auto assignment = assign(context, *config, *registry, instance, order, starts);
    auto started = assignment ? crew.start(*assignment) : Result<void>(assignment.error());
    // One instance that cannot start costs the others nothing.
    if (!started) worst = worse(worst, fail(context, std::move(started.error()).in(instance.name)));
  }
  worst = worse(worst, crew.wait());
  starts.collect();
  return order.tells_signals ? worse(worst, crew.cut_off()) : worst;
}

}  // namespace tq
