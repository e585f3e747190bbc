// SPDX-License-Identifier: Apache-2.0
#include "worker/shift.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/file.hpp"
#include "core/text.hpp"
#include "load/registry.hpp"
#include "worker/confine.hpp"
#include "worker/instance.hpp"
#include "worker/layout.hpp"
#include "worker/offer.hpp"
#include "worker/record.hpp"
#include "worker/run.hpp"
#include "worker/settings.hpp"

namespace tq {
namespace {

Ending ending_of(const Error& error) {
  return {exit_of(error.status, /*before_work=*/true, /*dead_letters=*/false),
          std::string(state_of(error.status)), error.message};
}

// "20261123T083000Z-3f9a0c51": sorts by time, and two runs of one second differ.
std::string make_run_id(World& world) {
  std::string random(4, '\0');
  world.random(random.data(), random.size());
  std::string id;
  for (const char c : format_time_utc(world.now_ms()).substr(0, 19))
    if (c != '-' && c != ':') id += c;
  return id + "Z-" + to_hex(random);
}

// What the plugin's note says, read without running anything of it.
struct PluginText {
  Manifest manifest;
  std::shared_ptr<const PluginSchema> schema;
};

Result<PluginText> read_plugin(const Assignment& assignment) {
  PluginText out;
  TQ_ASSIGN(out.manifest, parse_manifest(assignment.plugin_manifest));
  TQ_ASSIGN(out.schema, PluginSchema::parse(assignment.schema, out.manifest.id + "'s schema"));
  return out;
}

class Shift {
 public:
  Shift(const Assignment& assignment, const HostConfig& config, const InstanceConfig& instance,
        World& world, const Cancel& cancel, Reporter& reporter, Log& log)
      : assignment_(assignment),
        config_(config),
        instance_(instance),
        world_(world),
        cancel_(cancel),
        reporter_(reporter),
        log_(log) {}

  Ending work() {
    auto plugin = read_plugin(assignment_);
    if (!plugin) return ending_of(plugin.error());
    // The lease comes first: everything from here on, the record included, belongs to its holder.
    auto store = take_lease(plugin->manifest);
    if (!store && store.error().status == Status::kLimited) return busy();
    if (!store) return ending_of(store.error());

    RunKeeper keeper(check() ? std::filesystem::path() : run_record_file(config_, instance_.name),
                     new_record(plugin->manifest), reporter_, log_, world_);
    RunService run(facts(), world_, cancel_, log_, keeper);
    keeper.listen_to(run);
    if (auto begun = keeper.begin(); !begun) return ending_of(begun.error());
    log_.info(
        Event::kRunStarted, check() ? "check started" : "run started",
        {{"plugin", plugin->manifest.id + " " + plugin->manifest.version},
         {"run_id", run_id_},
         {"historical_ms", assignment_.historical_ms ? std::to_string(*assignment_.historical_ms)
                                                     : std::string("none")}});
    const Result<void> result = run_plugin(*plugin, **store, run);
    return finish(result, run, keeper);
  }

 private:
  bool check() const { return assignment_.purpose == Purpose::kCheck; }
  bool dry() const { return (assignment_.flags & TQP_RUN_DRY) != 0; }

  Result<std::unique_ptr<Store>> take_lease(const Manifest& manifest) {
    StoreOptions options;
    options.file = state_file(config_, instance_.name);
    options.instance = instance_.name;
    options.schema = manifest.state_schema;
    options.raise_schema =
        (assignment_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_NO_RECORD)) == 0;
    TQ_TRY(make_folder(options.file.parent_path()));
    return Store::open(options);
  }

  Ending busy() const {
    std::string who;
    if (const auto record = read_run_record(run_record_file(config_, instance_.name));
        record && record->state == "running")
      who = " (pid " + std::to_string(record->pid) + " since " +
            format_time_utc(record->started_ms) + ")";
    if (check())
      return {Exit::kFailed, "failed",
              instance_.name + " is running now" + who + "; nothing was checked, try again later"};
    return {Exit::kDone, "running",
            instance_.name + " is running already" + who + "; this one did nothing"};
  }

  RunFacts facts() const {
    RunFacts facts;
    facts.flags = assignment_.flags;
    facts.started_ms = started_ms_;
    facts.historical_ms = assignment_.historical_ms;
    facts.instance = instance_.name;
    facts.run_id = run_id_;
    return facts;
  }

  RunRecord new_record(const Manifest& manifest) const {
    RunRecord record;
    record.instance = instance_.name;
    record.plugin = manifest.id;
    record.version = manifest.version;
    record.run_id = run_id_;
    record.started_ms = started_ms_;
    record.pid = ::getpid();
    record.dry = dry();
    record.full = (assignment_.flags & TQP_RUN_FULL) != 0;
    return record;
  }

  Result<void> run_plugin(const PluginText& plugin, Store& store, RunService& run) {
    TQ_ASSIGN(InstanceSettings settings,
              read_settings(*plugin.schema, instance_, config_, assignment_.sources.environment));
    for (const auto& [pointer, secret] : settings.secrets)
      log_.redactor().add_value(secret.reveal());
    limit_process(config_);
    const Ground ground{config_,         instance_, assignment_.sources.environment,
                        plugin.manifest, world_,    log_,
                        cancel_,         store,     run};
    TQ_ASSIGN(const auto services,
              Instance::build(ground, plugin.schema->json(), std::move(settings)));
    Result<void> result = call_plugin(plugin.manifest, *services);
    sent_anything_ = services->sent_anything();
    services->close_handles();
    // What was rejected after the last commit is kept, even when the run failed.
    auto kept = services->state().end_facet();
    return result && !kept ? std::move(kept) : std::move(result);
  }

  Result<void> call_plugin(const Manifest& manifest, Instance& services) {
    const char* const facet = check() ? TQP_FACET_CHECK : TQP_FACET_JOB;
    if (check() && services.threatq() != nullptr) {
      TQ_TRY(services.threatq()->log_in());
      log_.info(Event::kThreatqLogin, "ThreatQ accepts the log-in of " +
                                          instance_.threatq->username + " at " +
                                          instance_.threatq->host);
      checked_ += ", the log-in to ThreatQ";
    }
    const bool has_facet =
        std::find(manifest.facets.begin(), manifest.facets.end(), facet) != manifest.facets.end();
    if (check() && !has_facet) return {};
    if (!has_facet)
      return Error{Status::kUnsupported,
                   manifest.id + " offers no " + facet + ": it cannot run once"};
    TQ_ASSIGN(const auto plugin,
              LoadedPlugin::load(assignment_.plugin_copy, assignment_.plugin_digest, host_offer()));
    log_.debug(Event::kPluginLoaded, "plugin loaded", {{"file", assignment_.plugin_copy.string()}});
    checked_ += ", what " + manifest.id + " tests itself";
    return call_facet(plugin->descriptor(), services.host(), assignment_.purpose);
  }

  Ending finish(const Result<void>& result, const RunService& run, RunKeeper& keeper) {
    const RunCounts counts = run.counts();
    const auto rejected = counts.counts.find("rejected");
    const bool dead_letters = rejected != counts.counts.end() && rejected->second > 0;
    const Status status = result ? Status::kOk : result.error().status;
    Ending ending{exit_of(status, !sent_anything_, dead_letters), std::string(state_of(status)),
                  note_of(result, counts, dead_letters)};
    const bool failed = !result && status != Status::kCancelled;
    if (auto kept = keeper.end(ending.exit, ending.state, failed ? &result.error() : nullptr);
        !kept)
      ending.note += "; the run record could not be written: " + kept.error().message;
    return ending;
  }

  std::string note_of(const Result<void>& result, const RunCounts& counts,
                      bool dead_letters) const {
    if (!result && result.error().status == Status::kCancelled)
      return "stopped as asked: " + counts_note(counts) + "; the next run goes on";
    if (!result) return failure_note(result.error());
    if (check()) return "check passed: " + checked_;
    if (dry()) return "dry run, nothing was changed: " + counts_note(counts);
    return (dead_letters ? "done, but some items were refused: " : "done: ") + counts_note(counts);
  }

  std::string failure_note(const Error& error) const {
    std::string note = log_.redactor().clean(error.message);
    if (!error.field.empty() && note.find(error.field) == std::string::npos)
      note += " (setting " + error.field + ")";
    // What was wrong before anything was tried is said in full; else the log knows what led here.
    if (!sent_anything_ && error.status == Status::kConfig) return note;
    return note + "; its log is " + log_file(config_, instance_.name).string();
  }

  const Assignment& assignment_;
  const HostConfig& config_;
  const InstanceConfig& instance_;
  World& world_;
  const Cancel& cancel_;
  Reporter& reporter_;
  Log& log_;
  const int64_t started_ms_ = world_.now_ms();
  const std::string run_id_ = make_run_id(world_);
  bool sent_anything_ = false;
  std::string checked_ = "the configuration";
};

}  // namespace

Ending work_shift(const Assignment& assignment, World& world, const Cancel& cancel,
                  Reporter& reporter) {
  const auto config = load_host_config(assignment.sources);
  if (!config) return ending_of(config.error());
  const InstanceConfig* const instance = config->find(assignment.instance);
  if (instance == nullptr)
    return ending_of({Status::kConfig, "there is no instance \"" + assignment.instance + "\""});
  if (!instance->enabled)
    return {assignment.strict ? Exit::kRefused : Exit::kDone, "disabled",
            instance->name + " is disabled; nothing was done"};

  LogOptions options;
  options.file = log_file(*config, instance->name);
  options.console = assignment.log_to_console;
  options.json = assignment.log_json;
  options.level = assignment.log_level;
  options.max_size_mb = config->log_max_size_mb;
  options.keep = config->log_keep;
  options.instance = instance->name;
  const auto log = Log::open(options, world);
  if (!log) return ending_of(log.error());
  return Shift(assignment, *config, *instance, world, cancel, reporter, **log).work();
}

}  // namespace tq
