// SPDX-License-Identifier: Apache-2.0
// Work: the plugin's part of a shift: the way to ThreatQ, the form, the settings, the services, the
// call of the facet. Home thread; everything it is given outlives it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "load/registry.hpp"
#include "schema/plugin_schema.hpp"
#include "worker/assignment.hpp"
#include "worker/form_settings.hpp"
#include "worker/ground.hpp"
#include "worker/instance.hpp"
#include "worker/left_threads.hpp"
#include "worker/refused_values.hpp"
#include "worker/threatq_link.hpp"

namespace tq {

// What the plugin's note says, read without running anything of it.
struct PluginText {
  Manifest manifest;
  std::shared_ptr<const PluginSchema> schema;
};

// Why the plugin cannot be asked for this, by its manifest; empty: it can.
std::string lacking_facet(const Manifest& manifest, Purpose purpose, bool listen = false);

class Work {
 public:
  // `loaded`: null when the plugin is still to be loaded.
  Work(const Ground& ground, const Assignment& assignment, const PluginText& plugin,
       std::unique_ptr<LoadedPlugin> loaded, Reporter& reporter)
      : ground_(ground),
        assignment_(assignment),
        plugin_(plugin),
        loaded_(std::move(loaded)),
        reporter_(reporter),
        form_(ground, nullptr) {}

  // Where a verification tells what it finds; outlives this.
  void tell_findings_to(const tqp_findings* findings) { findings_ = findings; }

  // E_AUTH says what cannot be seen in the values that were refused.
  Result<void> run();

  // Whether a request was sent after the configuration was found good.
  bool sent_anything() const { return ground_.traffic.sent.load(std::memory_order_relaxed); }
  bool switched_off() const { return switched_off_; }      // in ThreatQ: nothing was done
  const std::string& checked() const { return checked_; }  // what a check found good, for people

 private:
  bool is(Purpose purpose) const { return assignment_.purpose == purpose; }
  bool changes_nothing() const;
  Result<void> attempt();
  Result<void> connect();
  Result<Word> read_form();
  Result<std::string> internet_proxy();
  void tell_proxies(const std::string& of_internet) const;
  Result<void> with_services(Instance& services);
  Result<void> check_log_in();
  Result<void> call(Instance& services);
  void watch_contract(ContractBreach& breach);
  void tell_what_was_left(const Result<void>& result, const Instance& services,
                          const LeftThreads& threads);
  void note_created();
  Result<void> answer(const std::string& text);
  void report(const Result<void>& result);

  const Ground& ground_;
  const Assignment& assignment_;
  const PluginText& plugin_;
  std::unique_ptr<LoadedPlugin> loaded_;
  Reporter& reporter_;
  std::unique_ptr<ThreatqLink> link_;  // null: not configured, or nobody needs it
  FormSettings form_;
  RefusedValues sent_values_;
  const tqp_findings* findings_ = nullptr;
  bool switched_off_ = false;
  std::string checked_ = "the configuration";
};

}  // namespace tq
