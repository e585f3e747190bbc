// SPDX-License-Identifier: Apache-2.0
#include "worker/work.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "core/thread.hpp"
#include "schema/forms.hpp"
#include "schema/interval.hpp"
#include "worker/confine.hpp"
#include "worker/exit_watch.hpp"
#include "worker/offer.hpp"
#include "worker/refusal.hpp"
#include "worker/relearning.hpp"
#include "worker/run.hpp"
#include "worker/settings.hpp"

namespace tq {
namespace {

// Plugins note what they make at the remote before they make it.
Result<bool> remembers_anything(Store& store) {
  bool anything = false;
  TQ_TRY(store.scan("", "", 1, [&](std::string_view, std::string_view) {
    anything = true;
    return false;
  }));
  return anything;
}

// What nobody can do with the plugin that has no such facet.
std::string inability(Purpose purpose) {
  switch (purpose) {
    case Purpose::kExplain:
      return "it cannot say why";
    case Purpose::kPurge:
      return "it cannot delete what it made at the remote; do that there, by hand";
    case Purpose::kVerify:
      return "it cannot compare what stands at the remote with what its state says";
    case Purpose::kRun:
    case Purpose::kCheck:
      break;
  }
  return "it cannot run once; a listener is run by tqhost run-forever";
}

}  // namespace

std::string lacking_facet(const Manifest& manifest, Purpose purpose, bool listen) {
  const std::string facet = facet_of(purpose, listen);
  if (std::find(manifest.facets.begin(), manifest.facets.end(), facet) != manifest.facets.end())
    return {};
  return manifest.id + " offers no " + facet + ": " + inability(purpose);
}

bool Work::changes_nothing() const {
  return is(Purpose::kCheck) || is(Purpose::kExplain) || is(Purpose::kVerify) ||
         (assignment_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK)) != 0;
}

Result<void> Work::connect() {
  const InstanceConfig& instance = ground_.instance;
  const bool configured = instance.threatq.has_value() && !instance.threatq->host.empty();
  const bool needed = plugin_.manifest.needs(TQP_THREATQ) ||
                      instance.config_source == ConfigSource::kThreatq || instance.external_proxy ||
                      assignment_.external_proxy;
  if (!needed && !(configured && plugin_.manifest.takes(TQP_THREATQ))) return {};
  TQ_ASSIGN(link_, ThreatqLink::connect(ground_));
  // With the kept pair at once, because it may be refused and the password still be good.
  return link_->by_kept_pair() ? link_->log_in(ground_) : Result<void>();
}

Result<Word> Work::read_form() {
  auto connected = connect();
  const bool by_form = ground_.instance.config_source == ConfigSource::kThreatq;
  // A log-in that fails for a while is the form's to judge: it has the last good values. A question
  // and a deletion do as much as they can without ThreatQ.
  const bool does_without = is(Purpose::kExplain) || is(Purpose::kPurge);
  const bool passing = !connected && link_ != nullptr &&
                       (does_without || (by_form && passes_by_itself(connected.error())));
  if (!connected && !passing) return std::move(connected.error());
  form_.use(link_.get());
  if (does_without) return form_.read(*plugin_.schema, FormUse::kRemember);
  return form_.read(*plugin_.schema,
                    is(Purpose::kRun) && !changes_nothing() ? FormUse::kRegister : FormUse::kLook);
}

Result<void> Work::run() {
  Result<void> done = contain("the run", [this] { return attempt(); });
  if (!done) done.error().message += sent_values_.note(done.error(), ground_);
  return done;
}

Result<void> Work::attempt() {
  auto form = read_form();
  // Asking for the configuration is no attempt at the work.
  ground_.traffic.sent.store(false, std::memory_order_relaxed);
  if (!form && is(Purpose::kPurge) && form.error().status != Status::kCancelled) {
    TQ_ASSIGN(const bool anything, remembers_anything(ground_.store));
    if (!anything) {
      ground_.log.warning(Event::kConfigNote,
                          "no run has made anything at the remote, so nothing "
                          "is deleted there; its configuration cannot be read: " +
                              form.error().message);
      return {};
    }
  }
  TQ_ASSIGN(const Word word, std::move(form));
  if (!word.enabled && (is(Purpose::kRun) || is(Purpose::kVerify))) {
    switched_off_ = true;
    if (!changes_nothing()) form_.keep_switched_off(word);
    return {};
  }
  if (word.lacks) return *word.lacks;
  InstanceConfig told = ground_.instance;
  told.config = word.config;
  const bool by_form = told.config_source == ConfigSource::kThreatq;
  TQ_ASSIGN(InstanceSettings settings,
            read_settings(*plugin_.schema, told, ground_.config, ground_.environment,
                          by_form ? &word.from_form : nullptr));
  for (const auto& [pointer, secret] : settings.secrets)
    ground_.log.redactor().add_value(secret.reveal());
  sent_values_.learn(*plugin_.schema, plugin_.manifest, settings);
  if (is(Purpose::kRun) && !changes_nothing()) form_.keep(word);
  limit_process(ground_.config, assignment_.listen);
  TQ_ASSIGN(const std::string proxy, internet_proxy());
  if (is(Purpose::kCheck)) tell_proxies(proxy);
  TQ_ASSIGN(const auto services,
            Instance::build(ground_, plugin_.schema->json(), std::move(settings),
                            plugin_.manifest.takes(TQP_THREATQ) ? link_.get() : nullptr, proxy));
  return with_services(*services);
}

Result<std::string> Work::internet_proxy() {
  if (!ground_.instance.external_proxy && !assignment_.external_proxy)
    return ground_.config.proxy_url;
  TQ_ASSIGN(std::string proxy, link_->client().ui_proxy());
  if (proxy.empty())
    ground_.log.warning(Event::kConfigNote,
                        "ThreatQ's proxy is asked for, but none is set in ThreatQ's UI; the "
                        "internet side is reached directly");
  return proxy;
}

// Which hosts really went through one, the lines of http.proxy say.
void Work::tell_proxies(const std::string& of_internet) const {
  const HostConfig& config = ground_.config;
  const auto origin = config.origins.find("/proxy/url");
  const std::string from = origin == config.origins.end() ? "" : " (" + origin->second + ")";
  const std::string except =
      config.no_proxy.empty() ? "" : ", but for " + join(config.no_proxy, ", ");
  const auto tell = [&](const std::string& side, const std::string& url, const std::string& where) {
    if (!url.empty())
      ground_.log.info(Event::kHttpProxy, side + " is reached through the proxy " +
                                              mask_url_password(url) + where + except);
  };
  const bool of_ui = of_internet != config.proxy_url;
  tell("the internet side", of_internet, of_ui ? " (set in ThreatQ's UI)" : from);
  if (link_ != nullptr && ground_.instance.threatq->use_proxy)
    tell("ThreatQ", config.proxy_url, from);
}

Result<void> Work::with_services(Instance& services) {
  Result<void> result = is(Purpose::kCheck) ? check_log_in() : Result<void>();
  bool marked = false;
  if (result) result = mark_before_run(ground_.run, ground_.store, &marked);
  const LeftThreads threads;
  watch_contract(services.breach());
  if (result) result = call(services);
  services.close_handles();
  tell_what_was_left(result, services, threads);
  // Whatever the plugin made of it: nothing that it says can be believed, so nothing is kept.
  if (services.breach().noted()) {
    services.state().rollback();
    result = services.breach().error();
    report(result);
    return result;
  }
  // What was rejected after the last commit is kept, even when the run failed.
  auto kept = services.state().end_facet();
  if (kept) kept = settle_after_run(assignment_, ground_.run, marked, result.ok(), ground_.store);
  if (result && !kept) result = std::move(kept);
  report(result);
  return result;
}

// The run has failed, so it ends as if somebody had asked it to stop; a plugin that does not heed
// that either is ended by the alarm that follows a stop.
void Work::watch_contract(ContractBreach& breach) {
  breach.on_first([this](const std::string& text) {
    const std::string shown = ground_.log.redactor().clean(text);
    ground_.log.error(Event::kPlugin,
                      "the plugin broke the contract, so its run has failed: " + shown);
    reporter_.contract_broken(shown);
    ::kill(::getpid(), SIGTERM);
  });
}

void Work::tell_what_was_left(const Result<void>& result, const Instance& services,
                              const LeftThreads& threads) {
  if (const std::string note = left_threads_note(threads.names()); !note.empty())
    ground_.log.warning(Event::kPlugin, note);
  const uint64_t lost = services.state().uncommitted();
  if (result && lost > 0 && !ground_.run.commits_skipped())
    ground_.log.warning(Event::kPlugin,
                        "the plugin changed its state and did not commit it: " + grouped(lost) +
                            (lost == 1 ? " put or erase is lost" : " puts and erases are lost") +
                            "; state.commit is the only commit point");
}

Result<void> Work::check_log_in() {
  const std::string warning = interval_warning(plugin_.schema->json(), ground_.instance.schedule);
  if (!warning.empty()) ground_.log.warning(Event::kConfigNote, warning);
  if (link_ == nullptr) return {};
  TQ_TRY(link_->log_in(ground_));
  TQ_TRY(link_->try_password(ground_));
  const ThreatqConfig& threatq = *ground_.instance.threatq;
  ground_.log.info(
      Event::kThreatqLogin,
      "ThreatQ accepts the log-in of " +
          (link_->by_kept_pair() ? std::string("the private OAuth client") : threatq.username) +
          " at " + threatq.host);
  checked_ += ", the log-in to ThreatQ";
  return {};
}

Result<void> Work::call(Instance& services) {
  const Manifest& manifest = plugin_.manifest;
  const std::string lacking = lacking_facet(manifest, assignment_.purpose, assignment_.listen);
  if (is(Purpose::kCheck) && !lacking.empty()) return {};
  if (!lacking.empty()) return Error{Status::kUnsupported, lacking};
  const ExitWatch exits(reporter_);
  if (loaded_ == nullptr) {
    reporter_.plugin(PluginStage::kLoading);
    TQ_ASSIGN(loaded_,
              LoadedPlugin::load(assignment_.plugin_copy, assignment_.plugin_digest, host_offer()));
  }
  ground_.log.debug(Event::kPluginLoaded, "plugin loaded",
                    {{"file", assignment_.plugin_copy.string()}});
  checked_ += ", what " + manifest.id + " tests itself";
  std::string text;
  FacetCall call;
  call.purpose = assignment_.purpose;
  call.listen = assignment_.listen;
  call.value = assignment_.explain_value;
  call.type = assignment_.explain_type;
  call.text = &text;
  call.findings = findings_;
  call.cancel = &ground_.cancel;
  call.created = [this] { note_created(); };
  reporter_.plugin(PluginStage::kCreating);
  auto done = call_facet(loaded_->descriptor(), services.host(), call);
  // What could be found out is told, also when something is missing.
  if (is(Purpose::kExplain))
    if (auto told = answer(text); done && !told) done = std::move(told);
  if (done && is(Purpose::kCheck))
    if (const std::string clock = ground_.traffic.clock.agreement(); !clock.empty())
      checked_ += ", " + clock;
  return done;
}

// From here on there is no way back to an older file: what this one writes may be of its schema.
void Work::note_created() {
  reporter_.plugin(PluginStage::kCreated);
  if ((assignment_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_NO_RECORD)) == 0)
    ground_.store.raise_schema();
}

// The plugin's lines, and what the remote answered when it refused the value or what holds it.
Result<void> Work::answer(const std::string& text) {
  std::istringstream lines(ground_.log.redactor().clean(text));
  for (std::string line; std::getline(lines, line);) reporter_.answer(line);
  return ground_.store.scan_dead_letters([&](const DeadLetter& letter) {
    if (is_about(letter, assignment_.explain_value, text))
      reporter_.answer(format_time_utc(letter.at_ms) + " the remote refused " + letter.type + " " +
                       printable(letter.value) + ": " +
                       ground_.log.redactor().clean(letter.reason));
    return true;
  });
}

void Work::report(const Result<void>& result) {
  if (!is(Purpose::kRun) || changes_nothing()) return;
  if (!result && result.error().status == Status::kCancelled) return;
  const RunCounts counts = ground_.run.counts();
  const auto sent = counts.counts.find("sent");
  LastRun last;
  last.ended_ms = ground_.world.now_ms();
  last.count = sent == counts.counts.end() ? 0 : sent->second;
  last.ok = result.ok();
  form_.report(last);
}

}  // namespace tq
