// SPDX-License-Identifier: Apache-2.0
#include "schedule/supervisor.hpp"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "schedule/control_request.hpp"
#include "schema/environment.hpp"
#include "worker/layout.hpp"
#include "worker/offer.hpp"

namespace tq {
namespace {

// So many workers may be on their way at a time: a thousand that are due at once would otherwise
// fight for the processors and none would be ready soon. Who takes longer than kStartingMs is not
// waited for.
constexpr size_t kStartingMost = 8;
constexpr uint64_t kStartingMs = 2'000;
constexpr size_t kVerifyingMost = 2;   // at a time, so that runs have room beside them
constexpr uint64_t kSweepMs = 60'000;  // looks for hangs and a wall clock that was set
constexpr uint64_t kLongestWaitMs = 60'000;
constexpr uint64_t kConsoleMs = 1'000;  // from one try to the next, when nobody reads the console
constexpr int64_t kJumpMs = 2'000;      // by more, and the wall clock was set rather than corrected

uint64_t boot_clock_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

// Each worker takes six descriptors here; its own are bounded by limits.open_files.
void allow_many_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

UniqueFd listen_to_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::create(SupervisorOptions options, World& world) {
  TQ_ASSIGN(const HostConfig config, load_host_config(options.sources));
  SecretTimes secrets;
  read_secret_times(config, &secrets);
  std::unique_ptr<Supervisor> out(
      new Supervisor(std::move(options), world, host_plan(config, secrets)));
  out->secret_times_ = std::move(secrets);
  TQ_TRY(out->open());
  return out;
}

Supervisor::Supervisor(SupervisorOptions options, World& world, HostPlan plan)
    : options_(std::move(options)),
      world_(world),
      plan_(std::move(plan)),
      manager_(options_.sources.environment) {}

Supervisor::~Supervisor() {
  std::error_code ignored;
  if (!options_.pid_file.empty() && folder_) std::filesystem::remove(options_.pid_file, ignored);
}

Result<void> Supervisor::open() {
  TQ_ASSIGN(folder_, StateFolder::take(plan_.state_dir));
  LogOptions log;
  log.file = plan_.log_dir / "tqhost.log";
  log.console = true;
  log.journal_stream = variable(options_.sources.environment, "JOURNAL_STREAM");
  log.json = options_.log_json;
  log.level = options_.log_level;
  log.max_size_mb = plan_.log_max_size_mb;
  log.keep = plan_.log_keep;
  TQ_ASSIGN(log_, Log::open(log, world_));
  TQ_ASSIGN(control_, ControlServer::open(plan_.state_dir));
  if (!options_.pid_file.empty())
    TQ_TRY(write_file_atomically(options_.pid_file, std::to_string(::getpid()) + "\n", 0644));
  signals_ = listen_to_signals();
  allow_many_descriptors();
  plugins_.emplace(plan_.plugins_dir, plan_.state_dir, host_offer());
  bench_.emplace(Bench{world_, *log_, plan_, *plugins_, options_.sources, shim_, options_.log_level,
                       options_.log_json});
  return {};
}

Moment Supervisor::now() const { return {world_.now_ms(), boot_clock_ms()}; }

Exit Supervisor::run() {
  log_->info(Event::kSupervisorStarted, "supervisor started",
             {{"pid", std::to_string(::getpid())},
              {"config", plan_.file.empty() ? "none" : plan_.file.string()},
              {"state", plan_.state_dir.string()},
              {"plugins", plan_.plugins_dir.string()}});
  if (!LoaderCheck::possible())
    log_->debug(Event::kConfigNote,
                "what a plugin file needs is not looked at before it is taken: the loader of this "
                "host has no trace mode");
  for (const std::string& warning : plan_.warnings) log_->warning(Event::kConfigNote, warning);
  const Moment begin = now();
  wall_ahead_ms_ = begin.wall_ms - static_cast<int64_t>(begin.mono_ms);
  sweep_due_ = Due::in(kSweepMs, begin);
  look_at_plugins(begin, /*all=*/true);
  plan_instances(begin);
  // What it took to read the configuration is not needed to wait.
  ::malloc_trim(0);
  manager_.ready(summary());
  while (!finished()) poll_once();
  log_->info(Event::kSupervisorEnded, "supervisor ended");
  return exit_;
}

bool Supervisor::finished() const {
  return shutting_down_ && std::none_of(instances_.begin(), instances_.end(),
                                        [](const auto& one) { return one->has_process(); });
}

void Supervisor::poll_once() {
  std::vector<pollfd> fds = {{signals_.get(), POLLIN, 0}, {unclaimed_.fd(), POLLIN, 0}};
  if (plugins_->fd() >= 0) fds.push_back({plugins_->fd(), POLLIN, 0});
  if (folder_->fd() >= 0) fds.push_back({folder_->fd(), POLLIN, 0});
  control_->add_to(fds);
  for (const auto& instance : instances_) instance->add_to(fds);
  ::poll(fds.data(), fds.size(), wait_ms(now()));

  const Moment at = now();
  look_at_clocks(at);
  look_at_folder(at);
  take_signals(at);
  look_at_plugins(at, /*all=*/false);
  for (const auto& instance : instances_)
    if (instance->has_process()) instance->attend(at);
  unclaimed_.look(at.mono_ms);
  control_->serve(at, [this](const Json& request) { return answer(request); });
  wake_instances(at);
  if (sweep_due_.reached(at)) sweep(at);
  std::erase_if(instances_, [](const auto& one) { return !one->planned() && !one->has_process(); });
  if (manager_.listens()) manager_.status(summary());
  manager_.keep_alive(at);
  console_behind_ = log_->push();
}

// Whoever is due longest comes first.
void Supervisor::wake_instances(Moment now) {
  size_t starting = 0;
  bool verify = may_verify();
  std::vector<Supervised*> due;
  for (const auto& instance : instances_) {
    const Lifecycle& life = instance->life();
    if (life.state == State::kStarting &&
        now.mono_ms - life.last_start.mono_ms.value_or(0) < kStartingMs)
      ++starting;
    if (instance->due(verify).reached(now)) due.push_back(instance.get());
  }
  std::stable_sort(due.begin(), due.end(), [&](const Supervised* a, const Supervised* b) {
    return a->due(verify).for_people(now) < b->due(verify).for_people(now);
  });
  for (Supervised* const instance : due) {
    const bool begins = !instance->life().has_worker();
    if (begins && starting >= kStartingMost) continue;
    instance->take({.kind = LifeEvent::Kind::kTick, .verify = verify}, now);
    verify = may_verify();
    if (begins && instance->life().state == State::kStarting) ++starting;
  }
}

bool Supervisor::may_verify() const {
  size_t going_on = 0;
  for (const auto& instance : instances_)
    if (instance->life().verify.up) ++going_on;
  return going_on < kVerifyingMost;
}

int Supervisor::wait_ms(Moment now) const {
  const bool verify = may_verify();
  uint64_t wait = console_behind_ ? kConsoleMs : kLongestWaitMs;
  if (unclaimed_.left()) wait = std::min(wait, Unclaimed::kClaimMs);
  for (const Due& due : {plugins_->due(), control_->due(), manager_.due(), sweep_due_})
    wait = std::min(wait, due.wait_ms(now));
  size_t starting = 0;
  for (const auto& instance : instances_)
    if (instance->life().state == State::kStarting) ++starting;
  for (const auto& instance : instances_) {
    uint64_t its = instance->due(verify).wait_ms(now);
    // It is due and waits for others to be ready; their word wakes this thread, or this does.
    if (its == 0 && !instance->life().has_worker() && starting >= kStartingMost) its = 100;
    wait = std::min(wait, its);
  }
  return static_cast<int>(wait);
}

// Who waits by the wall clock is asked anew when it was set: the time that it waits for may be a
// year away now, or long ago.
void Supervisor::look_at_clocks(Moment now) {
  const int64_t ahead_ms = now.wall_ms - static_cast<int64_t>(now.mono_ms);
  const int64_t jump_ms = ahead_ms - std::exchange(wall_ahead_ms_, ahead_ms);
  if (jump_ms >= -kJumpMs && jump_ms <= kJumpMs) return;
  log_->warning(Event::kClock, "the wall clock was set; schedules that go by it are looked at anew",
                {{"by_ms", std::to_string(jump_ms)}});
  for (const auto& instance : instances_)
    instance->take({.kind = LifeEvent::Kind::kPlanned, .schedule_changed = true}, now);
}

void Supervisor::sweep(Moment now) {
  sweep_due_ = Due::in(kSweepMs, now);
  for (const auto& instance : instances_) {
    instance->look_for_hang(now);
    instance->look_at_others_runs(now);
  }
}

// Only those that changed are touched: to the others the same plan says nothing new.
void Supervisor::plan_instances(Moment now) {
  std::map<std::string, InstancePlan> wanted;
  for (const InstancePlan& plan : plan_.instances) wanted[plan.name] = plan;
  for (const auto& instance : instances_) {
    const auto found = wanted.find(instance->name());
    if (found == wanted.end()) {
      instance->unplan(now);
      continue;
    }
    instance->plan(found->second, now);
    wanted.erase(found);
  }
  for (auto& [name, plan] : wanted) {
    instances_.push_back(std::make_unique<Supervised>(*bench_, plan, now));
    instances_.back()->plan(plan, now);
    tell_what_is_missing(plan);
  }
}

void Supervisor::look_at_plugins(Moment now, bool all) {
  const std::string problem = plugins_->folder_problem();
  const auto changes = plugins_->look(now, all);
  if (plugins_->folder_problem() != problem && !plugins_->folder_problem().empty())
    log_->error(Event::kPluginRefused, plugins_->folder_problem());
  for (const PluginChange& change : changes) {
    switch (change.kind) {
      case PluginChange::Kind::kTaken:
        log_->info(Event::kPluginTaken, change.id + " was taken", {{"file", change.file.string()}});
        break;
      case PluginChange::Kind::kRemoved:
        log_->warning(Event::kPluginRemoved, change.id + " was removed",
                      {{"file", change.file.string()}});
        break;
      case PluginChange::Kind::kWarning:
        log_->warning(Event::kConfigNote, change.reason);
        break;
      case PluginChange::Kind::kRefused:
        log_->write(is_needed(change) ? Level::kError : Level::kWarning, Event::kPluginRefused,
                    change.file.string() + " is refused: " + change.reason, {});
        break;
    }
  }
  if (changes.empty()) return;
  for (const auto& instance : instances_) instance->plugin_changed(now);
}

std::string Supervisor::summary() const {
  std::map<std::string_view, size_t> counts;
  for (const auto& instance : instances_) ++counts[state_name(instance->life().state)];
  std::string out = std::to_string(instances_.size()) + " instances";
  for (const auto& [name, count] : counts)
    out += ", " + std::to_string(count) + " " + std::string(name);
  return out;
}

Supervised* Supervisor::find(const std::string& name) {
  for (const auto& instance : instances_)
    if (instance->name() == name) return instance.get();
  return nullptr;
}

Json Supervisor::answer(const Json& request) {
  const Moment at = now();
  const std::string command_name = text_at(request, "command");
  const std::string name = text_at(request, "instance");
  if (command_name == "status") {
    Json list = Json::array();
    for (const auto& instance : instances_) {
      if (!name.empty() && instance->name() != name) continue;
      instance->look_at_others_runs(at);
      list.push_back(instance->status(at));
    }
    return {{"ok", true},
            {"pid", ::getpid()},
            {"config", plan_.file.string()},
            {"instances", std::move(list)}};
  }
  if (shutting_down_) return {{"error", "the supervisor is ending"}, {"status", "limited"}};
  if (command_name == "plugins") {
    look_at_plugins(at, /*all=*/true);
    return {{"ok", true}, {"note", "the plugins folder was looked at"}};
  }
  if (command_name == "reload") return answer_reload(at);
  Supervised* const instance = find(name);
  if (instance == nullptr)
    return {{"error", "the supervisor knows no instance \"" + printable(name) +
                          "\"; after a change of the configuration type: tqhost reload"},
            {"status", "config"}};
  return command(command_name, *instance, request, at);
}

Json Supervisor::command(const std::string& name, Supervised& instance, const Json& request,
                         Moment now) {
  static const std::map<std::string, LifeEvent::Kind> kCommands = {
      {"start", LifeEvent::Kind::kStart},
      {"stop", LifeEvent::Kind::kStop},
      {"restart", LifeEvent::Kind::kRestart},
      {"trigger", LifeEvent::Kind::kTrigger},
      {"pause", LifeEvent::Kind::kPause}};
  const auto found = kCommands.find(name);
  if (found == kCommands.end())
    return {{"error", "unknown command \"" + printable(name) + "\""}, {"status", "config"}};
  if (const std::string refusal = instance.refusal(found->second); !refusal.empty())
    return {{"error", refusal}, {"status", "config"}};
  const LifeEvent event = event_of(found->second, request);
  log_->info(Event::kControl, name + " " + instance.name() + options_of(event));
  instance.take(event, now);
  // "unkept" is what a person has to know before he relies on the answer.
  return {{"ok", true},
          {"state", state_name(instance.life().state)},
          {"unkept", instance.unkept()},
          {"note", instance.note(now)}};
}

}  // namespace tq
