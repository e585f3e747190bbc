// SPDX-License-Identifier: Apache-2.0
// verify: what stands at the remote against what the state says, and with --repair the run that
// writes again what is missing or different.
#include <algorithm>
#include <map>
#include <ostream>

#include "cli/crew_run.hpp"
#include "core/record_json.hpp"
#include "core/text.hpp"
#include "store/verify_record.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"
#include "worker/work.hpp"

namespace tq {
namespace {

constexpr size_t kFindingsShown = 20;
constexpr size_t kCellBytesMost = 4096;

class Verifying {
 public:
  Verifying(const CommandContext& context, const VerifyOptions& options, const HostConfig& config,
            const Registry& registry)
      : context_(context), options_(options), config_(config), registry_(registry) {}

  Exit run() {
    const Exit refused = choose();
    if (names_.empty()) {
      if (options_.instances.empty() && !options_.json)
        context_.out << "no enabled instance has a plugin that can be verified; nothing was done\n";
      if (options_.json && refused == Exit::kDone) print_json();
      return refused;
    }
    Order order;
    order.purpose = Purpose::kVerify;
    order.flags = options_.repair ? TQP_RUN_REPAIR : TQP_RUN_CHECK;
    order.ended = [this](const WorkerEnd& end) { return verified(end); };
    const Exit all = run_crew(context_, names_, order);
    const bool stopped = was_stopped();
    // Of one whose drift is written again, the run's exit status counts.
    Exit worst = refused;
    for (const std::string& name : names_) {
      const auto found = ends_.find(name);
      if (found == ends_.end()) {
        worst = worse(worst, all);
      } else if (stopped || !to_write_again(found->second)) {
        worst = worse(worst, found->second.exit());
      }
    }
    if (stopped) {
      tell_marked();
    } else {
      worst = worse(worst, write_again());
    }
    if (options_.json) print_json();
    return worst;
  }

 private:
  // The named ones, or all that can; what cannot be asked for is told.
  Exit choose() {
    Exit worst = Exit::kDone;
    const bool all = options_.instances.empty();
    std::vector<std::string> names = options_.instances;
    for (const InstanceConfig& instance : config_.instances)
      if (all && instance.enabled) names.push_back(instance.name);
    for (const std::string& name : names) {
      const auto instance = find_instance(config_, name);
      if (!instance) {
        worst = worse(worst, fail(context_, instance.error()));
        continue;
      }
      const auto plugin = find_plugin(registry_, config_, instance->plugin);
      if (!plugin) {
        worst = worse(worst, fail(context_, Error(plugin.error()).in(name)));
        continue;
      }
      const std::string lacking = lacking_facet(plugin->manifest, Purpose::kVerify);
      if (!lacking.empty()) {
        if (!all)
          worst = worse(worst, fail(context_, {Status::kUnsupported, name + ": " + lacking}));
        continue;
      }
      if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
      can_run_[name] = lacking_facet(plugin->manifest, Purpose::kRun).empty();
      names_.push_back(name);
    }
    return worst;
  }

  static bool compared(const WorkerEnd& end) {
    return end.reported && end.signal == 0 && !end.overdue &&
           (end.state == "done" || end.state == "drift");
  }
  bool to_write_again(const WorkerEnd& end) const {
    return options_.repair && compared(end) && end.state == "drift" && can_run_.at(end.instance);
  }

  // Shows what was found; false: the note of one that could not be compared is shown as it is.
  bool verified(const WorkerEnd& end) {
    ends_[end.instance] = end;
    if (!compared(end)) return options_.json;
    const auto file = verify_record_file(instance_folder(config_, end.instance));
    auto record = read_verify_record(file);
    // Another verification may have begun already; its record is not this one's.
    if (record && record->pid == end.pid) records_[end.instance] = record.take();
    if (options_.json) return true;
    context_.out << end.instance << ": " << end.note << '\n';
    if (const auto found = records_.find(end.instance); found != records_.end())
      show(found->second, file.string());
    if (end.state == "drift") advise(end);
    return true;
  }

  void show(const VerifyRecord& record, const std::string& file) {
    const size_t shown = std::min(record.findings.size(), kFindingsShown);
    for (size_t i = 0; i < shown; ++i) {
      const VerifyFinding& one = record.findings[i];
      context_.out << "  " << printable(one.how) << "  ";
      if (one.number != 1) context_.out << one.number << ' ';
      context_.out << printable(one.type);
      if (!one.value.empty()) context_.out << ' ' << printable(one.value, kCellBytesMost);
      if (!one.detail.empty()) context_.out << ": " << printable(one.detail, kCellBytesMost);
      context_.out << '\n';
    }
    const uint64_t more = record.findings.size() - shown;
    if (more > 0) context_.out << "  ... and " << more << " more in " << file << '\n';
    if (record.left_out > 0)
      context_.out << "  " << record.left_out << " more are counted and not listed\n";
  }

  void advise(const WorkerEnd& end) {
    if (!options_.repair) {
      context_.out << end.instance
                   << ": to write again what is missing or different: tqhost verify "
                   << end.instance << " --repair\n";
    } else if (!can_run_.at(end.instance)) {
      context_.out << end.instance
                   << ": what is missing or different is marked; the instance listens, and writes "
                      "it again under tqhost run-forever\n";
    }
  }

  // Somebody wants this command to end. One that took too long was stopped for itself alone.
  bool was_stopped() const {
    return std::any_of(ends_.begin(), ends_.end(), [](const auto& entry) {
      const WorkerEnd& end = entry.second;
      return end.stopped || (end.state == "cancelled" && !end.overdue);
    });
  }

  // Those whose drift is marked now, and which a run can write again.
  std::vector<std::string> marked_ones() const {
    std::vector<std::string> marked;
    for (const std::string& name : names_)
      if (const auto found = ends_.find(name);
          found != ends_.end() && to_write_again(found->second))
        marked.push_back(name);
    return marked;
  }

  void tell_marked() const {
    if (options_.json) return;
    for (const std::string& name : marked_ones())
      context_.err << name
                   << ": what is missing or different is marked; no run was begun, because this "
                      "was stopped; the next run writes it again\n";
  }

  // A normal run of each.
  Exit write_again() {
    const std::vector<std::string> marked = marked_ones();
    if (marked.empty()) return Exit::kDone;
    Order order;
    order.ended = [this](const WorkerEnd& end) {
      runs_[end.instance] = end;
      return options_.json;
    };
    const Exit exit = run_crew(context_, marked, order);
    if (options_.json) return exit;
    for (const std::string& name : marked) {
      const auto run = runs_.find(name);
      if (run != runs_.end() && run->second.exit() == Exit::kDone && run->second.state == "done") {
        context_.out << name << ": what was missing or different was written again\n";
      } else {
        context_.err << name
                     << ": what is missing or different is marked, but the run that was to write "
                        "it did not end well; the next run goes on\n";
      }
    }
    return worse(exit, unwritten(marked));
  }

  // A run that did nothing, because another one goes on, has ended with 0.
  Exit unwritten(const std::vector<std::string>& marked) const {
    Exit worst = Exit::kDone;
    for (const std::string& name : marked)
      if (const auto run = runs_.find(name); run == runs_.end() || run->second.state != "done")
        worst = Exit::kFailed;
    return worst;
  }

  Json one_json(const std::string& name) const {
    Json out = {{"instance", name},
                {"result", "failed"},
                {"note", ""},
                {"at", nullptr},
                {"repair", options_.repair},
                {"counts", nullptr},
                {"findings", Json::array()},
                {"findings_left_out", 0},
                {"error", nullptr},
                {"run", nullptr}};
    if (const auto end = ends_.find(name); end != ends_.end()) {
      const WorkerEnd& ended = end->second;
      const bool told = ended.reported && ended.signal == 0;
      out["note"] = told ? ended.note : "the worker " + ended.how();
      if (compared(ended)) out["result"] = ended.state == "drift" ? "drift" : "same";
      if (told &&
          (ended.state == "busy" || ended.state == "disabled" || ended.state == "cancelled"))
        out["result"] = "not_done";
      if (!ended.status.empty()) out["error"] = {{"status", ended.status}, {"message", ended.note}};
    } else {
      out["note"] = "its worker could not be started";
    }
    if (const auto found = records_.find(name); found != records_.end()) {
      const VerifyRecord& record = found->second;
      out["at"] = time_or_null(record.compared_ms);
      out["counts"] = to_json(record.counts);
      out["findings"] = to_json(record.findings);
      out["findings_left_out"] = record.left_out;
    }
    if (const auto run = runs_.find(name); run != runs_.end())
      out["run"] = {{"exit_status", static_cast<int>(run->second.exit())},
                    {"state", run->second.state},
                    {"note", run->second.note}};
    return out;
  }

  void print_json() const {
    Json list = Json::array();
    for (const std::string& name : names_) list.push_back(one_json(name));
    context_.out << pretty_json(Json{{"instances", std::move(list)}});
  }

  const CommandContext& context_;
  const VerifyOptions& options_;
  const HostConfig& config_;
  const Registry& registry_;
  std::vector<std::string> names_;
  std::map<std::string, bool> can_run_;
  std::map<std::string, WorkerEnd> ends_, runs_;
  std::map<std::string, VerifyRecord> records_;
};

}  // namespace

Exit verify_command(const CommandContext& context, const VerifyOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto registry = load_registry(context, *config);
  if (!registry) return fail(context, registry.error());
  return Verifying(context, options, *config, *registry).run();
}

}  // namespace tq
