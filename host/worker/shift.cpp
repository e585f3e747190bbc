// SPDX-License-Identifier: Apache-2.0
#include "worker/shift.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/file.hpp"
#include "core/text.hpp"
#include "load/registry.hpp"
#include "net/proxy.hpp"
#include "schema/environment.hpp"
#include "worker/exit_watch.hpp"
#include "worker/layout.hpp"
#include "worker/offer.hpp"
#include "worker/output.hpp"
#include "worker/record.hpp"
#include "worker/relearning.hpp"
#include "worker/run.hpp"
#include "worker/telling_log.hpp"
#include "worker/verification.hpp"
#include "worker/work.hpp"

namespace tq {
namespace {

constexpr uint64_t kConsolePatienceMs = 10'000;  // then what nobody reads is left out
constexpr uint64_t kLookForLeaseMs = 50;

Ending ending_of(const Error& error) {
  return {exit_of(error.status, /*before_work=*/true, /*dead_letters=*/false),
          std::string(state_of(error.status)), error.message, error.status, error.retry_after_ms};
}

VerifyRecord about_verification(const Assignment& assignment, const InstanceConfig& instance,
                                int64_t started_ms) {
  VerifyRecord record;
  record.instance = instance.name;
  record.plugin = instance.plugin;
  record.started_ms = started_ms;
  record.pid = ::getpid();
  record.by_schedule = assignment.by_schedule;
  record.repair = (assignment.flags & TQP_RUN_REPAIR) != 0;
  return record;
}

// A run or a verification that could not begin leaves a record, too, for `status`; not while
// another process has the lease and with it the record. What cannot be written here is told by the
// caller all the same.
Ending not_begun(const Assignment& assignment, const HostConfig& config,
                 const InstanceConfig& instance, World& world, const Error& error) {
  const Ending ending = ending_of(error);
  const auto file = run_record_file(config, instance.name);
  const bool verifies = assignment.purpose == Purpose::kVerify;
  if ((assignment.purpose != Purpose::kRun && !verifies) || (assignment.flags & TQP_RUN_DRY) != 0 ||
      error.status == Status::kCancelled || !make_folder(file.parent_path()))
    return ending;
  const auto lease = FileLock::try_lock(state_file(config, instance.name).string() + ".lock");
  if (!lease) return ending;
  if (verifies) {
    static_cast<void>(note_failed_verification(
        verify_record_file(file.parent_path()),
        about_verification(assignment, instance, world.now_ms()), error, world.now_ms()));
    return ending;
  }
  RunRecord record;
  if (const auto before = read_run_record(file)) record.follow(*before);
  record.instance = instance.name;
  record.plugin = instance.plugin;
  record.state = ending.state;
  record.started_ms = record.ended_ms = world.now_ms();
  record.pid = ::getpid();
  record.exit_status = static_cast<int>(ending.exit);
  record.error_status = status_name(error.status);
  record.error_message = error.message;
  static_cast<void>(write_run_record(file, record));
  return ending;
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
    if (const auto lacking = lacking_facet(plugin->manifest, assignment_.purpose);
        verifies() && !lacking.empty())
      return ending_of({Status::kUnsupported, lacking});
    // The lease comes first: everything from here on, the record included, belongs to its holder.
    auto store = assignment_.standby ? await_lease(plugin->manifest) : take_lease(plugin->manifest);
    if (!store && store.error().status == Status::kLimited) return busy();
    if (!store) return not_begun(assignment_, config_, instance_, world_, store.error());

    RunKeeper keeper(
        run() && !dry() ? run_record_file(config_, instance_.name) : std::filesystem::path(),
        new_record(plugin->manifest), reporter_, log_, world_);
    RunService service(facts(**store), world_, cancel_, log_, keeper);
    keeper.listen_to(service);
    if (auto begun = keeper.begin(); !begun) return ending_of(begun.error());
    if (!assignment_.listen) reporter_.ready();
    log_.info(
        Event::kRunStarted,
        run() ? "run started" : "started " + std::string(facet_of(assignment_.purpose)),
        {{"plugin", plugin->manifest.id + " " + plugin->manifest.version},
         {"run_id", run_id_},
         {"historical_ms", assignment_.historical_ms ? std::to_string(*assignment_.historical_ms)
                                                     : std::string("none")}});
    if (const std::string why = relearn_reason((*store)->relearn()); run() && !why.empty())
      log_.warning(Event::kRunRelearn, why);
    const Ground ground{config_,          instance_, assignment_.sources.environment,
                        plugin->manifest, world_,    log_,
                        cancel_,          **store,   service,
                        traffic_};
    Work work(ground, assignment_, *plugin, std::move(loaded_), reporter_);
    if (verifies()) return verify(work, plugin->manifest, keeper);
    const Result<void> result = work.run();
    if ((*store)->lineage_behind())
      log_.warning(
          Event::kStateCommit,
          "lineage.json could not be written beside the state: is the disk full? Until the "
          "next run it is not noticed when an older copy of the state is put back");
    return finish(result, work, service, keeper);
  }

 private:
  bool run() const { return assignment_.purpose == Purpose::kRun; }
  bool verifies() const { return assignment_.purpose == Purpose::kVerify; }
  bool dry() const { return (assignment_.flags & TQP_RUN_DRY) != 0; }
  bool records() const {
    return run() && (assignment_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_NO_RECORD)) == 0;
  }

  Result<std::unique_ptr<Store>> take_lease(const Manifest& manifest) {
    StoreOptions options;
    options.file = state_file(config_, instance_.name);
    options.instance = instance_.name;
    options.schema = manifest.state_schema;
    options.raise_schema = false;  // until the plugin has proved that it starts: Work does it
    // A question does not wait for a run that is going on, and does not keep one from beginning.
    options.read_only = options.missing_is_empty = assignment_.purpose == Purpose::kExplain;
    TQ_TRY(make_folder(options.file.parent_path()));
    return Store::open(options);
  }

  // The successor of a listener: what can fail without the lease fails while the old one works.
  Result<std::unique_ptr<Store>> await_lease(const Manifest& manifest) {
    const ExitWatch exits(reporter_);
    reporter_.plugin(PluginStage::kLoading);
    TQ_ASSIGN(loaded_,
              LoadedPlugin::load(assignment_.plugin_copy, assignment_.plugin_digest, host_offer()));
    reporter_.plugin(PluginStage::kLoaded);
    reporter_.standby();
    while (true) {
      auto store = take_lease(manifest);
      if (store || store.error().status != Status::kLimited) return store;
      if (cancel_.wait_ms(kLookForLeaseMs)) return Error{Status::kCancelled, "stop was asked for"};
    }
  }

  // Who holds the lease stands beside the state; since when, in the record, when it is of the same
  // process. A record alone may be of one that has long died.
  Ending busy() const {
    const auto lease = read_file(state_file(config_, instance_.name).string() + ".lock", 64);
    const auto record = read_run_record(run_record_file(config_, instance_.name));
    const std::string holder(lease ? trim(*lease) : std::string_view());
    const bool runs = record && record->state == "running" && std::to_string(record->pid) == holder;
    std::string who = instance_.name + (!runs   ? " is in use by another process"
                                        : run() ? " is running already"
                                                : " is running now");
    if (!holder.empty()) who += " (pid " + printable(holder);
    if (runs) who += " since " + format_time_utc(record->started_ms);
    if (!holder.empty()) who += ")";
    if (!run())
      return {Exit::kFailed, verifies() ? "busy" : "failed",
              who + "; nothing was done, try again later"};
    Ending ending{Exit::kDone, "running", who + "; this one did nothing"};
    log_.warning(Event::kRunEnded, ending.note);
    return ending;
  }

  RunFacts facts(const Store& store) const {
    RunFacts facts;
    facts.flags = run_flags(assignment_, store);
    facts.listens = run() && assignment_.listen;
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
    std::error_code ignored;
    if (assignment_.log_to != LogTo::kConsole)
      record.log = std::filesystem::absolute(log_file(config_, instance_.name), ignored).string();
    record.started_ms = started_ms_;
    record.pid = ::getpid();
    record.dry = dry();
    record.full = (assignment_.flags & TQP_RUN_FULL) != 0;
    return record;
  }

  Ending verify(Work& work, const Manifest& manifest, RunKeeper& keeper) {
    VerifyRecord about = about_verification(assignment_, instance_, started_ms_);
    about.version = manifest.version;
    Verification verification(verify_record_file(instance_folder(config_, instance_.name)),
                              std::move(about), log_, world_);
    if (auto begun = verification.begin(); !begun) return ending_of(begun.error());
    work.tell_findings_to(verification.findings());
    const Ending ending = finish_verification(work.run(), work, verification);
    // What differs is no failure of the call, and in the log already; a stop was wanted.
    const bool failed =
        ending.exit != Exit::kDone && ending.state != "drift" && ending.state != "cancelled";
    const Error error{ending.status, ending.note};
    if (auto kept =
            keeper.end(failed ? ending.exit : Exit::kDone, ending.state, failed ? &error : nullptr);
        !kept)
      log_.warning(Event::kRunEnded, kept.error().message);
    return ending;
  }

  Ending finish_verification(const Result<void>& result, const Work& work,
                             Verification& verification) {
    const bool stopped = !result && result.error().status == Status::kCancelled;
    if (work.switched_off() || stopped) {
      Ending ending{Exit::kDone, "disabled",
                    instance_.name + " is disabled in ThreatQ; nothing was done"};
      if (stopped)
        ending = {Exit::kFailed, "cancelled",
                  "stopped as asked: it was not compared; the same command begins anew",
                  Status::kCancelled};
      if (auto kept = verification.end_not_done(ending.note); !kept)
        ending.note += "; the record could not be written: " + kept.error().message;
      return ending;
    }
    const auto compared = verification.end(result);
    if (!compared) {
      const Error& error = compared.error();
      return {exit_of(error.status, !work.sent_anything(), /*dead_letters=*/false),
              std::string(state_of(error.status)), failure_note(error, work), error.status,
              error.retry_after_ms};
    }
    const std::string note = verify_counts_note(verification.counts());
    if (*compared == VerifyResult::kDrift) return {Exit::kFailed, "drift", note};
    return {Exit::kDone, "done", note};
  }

  Ending finish(const Result<void>& result, const Work& work, const RunService& run,
                RunKeeper& keeper) {
    const RunCounts counts = run.counts();
    const auto rejected = counts.counts.find("rejected");
    const bool dead_letters = rejected != counts.counts.end() && rejected->second > 0;
    const Status status = result ? Status::kOk : result.error().status;
    Ending ending{exit_of(status, !work.sent_anything(), dead_letters),
                  std::string(state_of(status)), note_of(result, work, counts, dead_letters),
                  status, result ? 0 : result.error().retry_after_ms};
    if (work.switched_off()) {
      log_.warning(Event::kRunEnded, ending.note);
      ending.exit = assignment_.strict ? Exit::kRefused : Exit::kDone;
      ending.state = "disabled";
    }
    // A run that was stopped is made up for by the next; what a purge left stands until somebody
    // asks.
    if (assignment_.purpose == Purpose::kPurge && status == Status::kCancelled)
      ending.exit = Exit::kFailed;
    const bool failed = !result && status != Status::kCancelled;
    Error error = failed ? result.error() : Error{};
    if (failed) error.message = blame_clock(std::move(error.message));
    if (records() && ending.exit == Exit::kDone && ending.state == "done")
      if (auto noted = note_repaired(verify_record_file(instance_folder(config_, instance_.name)),
                                     world_.now_ms());
          !noted)
        log_.warning(Event::kRunEnded, noted.error().message);
    if (auto kept = keeper.end(ending.exit, ending.state, failed ? &error : nullptr); !kept)
      ending.note += "; the run record could not be written: " + kept.error().message;
    return ending;
  }

  std::string note_of(const Result<void>& result, const Work& work, const RunCounts& counts,
                      bool dead_letters) const {
    if (work.switched_off()) return instance_.name + " is disabled in ThreatQ; nothing was done";
    if (assignment_.purpose == Purpose::kPurge && !result &&
        result.error().status == Status::kCancelled)
      return "stopped as asked: some of what it made at the remote may still stand; the same "
             "command goes on";
    if (!result && result.error().status == Status::kCancelled)
      return "stopped as asked: " + counts_note(counts) + "; the next run goes on";
    if (!result) return failure_note(result.error(), work);
    switch (assignment_.purpose) {
      case Purpose::kCheck:
        return "check passed: " + work.checked();
      case Purpose::kExplain:
        return {};
      case Purpose::kPurge:
        return "what it had made at the remote is deleted: " + counts_note(counts);
      case Purpose::kVerify:  // finish_verification() says it
      case Purpose::kRun:
        break;
    }
    if (dry()) return "dry run, nothing was changed: " + counts_note(counts);
    return (dead_letters ? "done, but some items were refused: " : "done: ") + counts_note(counts);
  }

  // A wrong clock makes log-ins and signatures fail with words that do not tell.
  std::string blame_clock(std::string message) const {
    const std::string suspicion = traffic_.clock.suspicion();
    return suspicion.empty() ? message : std::move(message) + "; " + suspicion;
  }

  std::string failure_note(const Error& error, const Work& work) const {
    std::string note = log_.redactor().clean(blame_clock(error.message));
    if (!error.field.empty() && note.find(error.field) == std::string::npos)
      note += " (setting " + error.field + ")";
    // What was wrong before anything was tried is said in full; else the log knows what led here.
    const bool told = !work.sent_anything() && error.status == Status::kConfig;
    if (told || assignment_.log_to == LogTo::kConsole) return note;
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
  Traffic traffic_{world_, log_};
  std::unique_ptr<LoadedPlugin> loaded_;  // before the lease was there
};

}  // namespace

Ending work_shift(const Assignment& assignment, World& world, const Cancel& cancel,
                  Reporter& reporter) {
  const auto config = load_host_config(assignment.sources);
  if (!config) return ending_of(config.error());
  const InstanceConfig* const instance = config->find(assignment.instance);
  if (instance == nullptr)
    return ending_of({Status::kConfig, "there is no instance \"" + assignment.instance + "\""});
  LogOptions options;
  if (assignment.log_to != LogTo::kConsole) options.file = log_file(*config, instance->name);
  options.console = assignment.log_to != LogTo::kFile;
  options.console_fd = kConsoleFd;
  options.console_patience_ms = kConsolePatienceMs;
  options.journal_stream = variable(assignment.sources.environment, "JOURNAL_STREAM");
  options.json = assignment.log_json;
  options.level = assignment.log_level;
  options.max_size_mb = config->log_max_size_mb;
  options.keep = config->log_keep;
  options.instance = instance->name;
  const auto log = Log::open(options, world);
  if (!log) return not_begun(assignment, *config, *instance, world, log.error());
  // Also of an instance that does without this proxy: what is known is hidden.
  hide_proxy_password(config->proxy_url, (*log)->redactor());
  const bool runs = assignment.purpose == Purpose::kRun || assignment.purpose == Purpose::kCheck ||
                    assignment.purpose == Purpose::kVerify;
  if (!instance->enabled && runs) {
    const std::string note = instance->name + " is disabled; nothing was done";
    (*log)->warning(Event::kConfigNote, note);
    return {assignment.strict ? Exit::kRefused : Exit::kDone, "disabled", note};
  }
  const OutputCapture output(kOutputFd, **log);
  TellingLog told(**log, reporter);
  Log& run_log = assignment.log_to == LogTo::kFile ? static_cast<Log&>(told) : **log;
  return Shift(assignment, *config, *instance, world, cancel, reporter, run_log).work();
}

}  // namespace tq
