// SPDX-License-Identifier: Apache-2.0
// check: whether the instances could run: their settings and connections, which their workers try,
// and their schedules, which stop no run by hand.
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "cli/crew_run.hpp"
#include "core/text.hpp"
#include "schedule/plugin_schedule.hpp"

namespace tq {
namespace {

class Checking {
 public:
  Checking(const CommandContext& context, const std::vector<std::string>& names)
      : context_(context), names_(names) {
    look_at_schedules();
  }

  Exit run() {
    Order order;
    order.purpose = Purpose::kCheck;
    order.flags = TQP_RUN_CHECK;
    order.ended = [this](const WorkerEnd& end) { return ended(end); };
    Exit worst = run_crew(context_, names_, order);
    // Those that had no worker to be told with.
    while (!problems_.empty()) tell(problems_.begin()->first, "");
    if (unreadable_) worst = worse(worst, Exit::kUsage);
    if (worst != Exit::kDone) tell_failed();
    return worst;
  }

 private:
  // Whatever keeps them from being read is told by the workers' side.
  void look_at_schedules() {
    const auto config = load_host_config(context_.sources);
    if (!config) return;
    const auto registry = look_for_plugins(*config, AskLoader::kUnlessItRan);
    for (const InstanceConfig& instance : config->instances) {
      const bool named = std::find(names_.begin(), names_.end(), instance.name) != names_.end();
      if (!named && !(names_.empty() && instance.enabled)) continue;
      not_good_.insert(instance.name);
      const FoundPlugin* const plugin = registry ? registry->find(instance.plugin) : nullptr;
      const auto schedule =
          schedule_of(plugin == nullptr ? std::string() : plugin->schema, instance.schedule);
      if (!schedule) problems_[instance.name] = schedule.error().message;
    }
    asked_ = not_good_.size();
    unreadable_ = !problems_.empty();
  }

  // True: what the worker says is said already. "check passed" is not said of one that did not.
  bool ended(const WorkerEnd& end) {
    const bool good = end.reported && end.exit() == Exit::kDone && end.state == "done";
    if (!problems_.contains(end.instance)) {
      if (good) not_good_.erase(end.instance);
      return false;
    }
    tell(end.instance, good ? "; all else that check looks at is good" : "");
    return good;
  }

  void tell(std::string name, const char* more) {
    context_.err << "tqhost: " << name << ": " << problems_[name] << more << '\n';
    problems_.erase(name);
  }

  // Where the last line is of another instance, nobody looks further up.
  void tell_failed() const {
    if (asked_ < 2 || not_good_.empty()) return;
    context_.err << "tqhost: the check failed for "
                 << join({not_good_.begin(), not_good_.end()}, ", ") << '\n';
  }

  const CommandContext& context_;
  const std::vector<std::string>& names_;
  std::map<std::string, std::string> problems_;  // of schedules, by instance; not yet told
  std::set<std::string> not_good_;               // or not known to be
  size_t asked_ = 0;
  bool unreadable_ = false;
};

}  // namespace

Exit check_command(const CommandContext& context, const std::vector<std::string>& instances) {
  return Checking(context, instances).run();
}

}  // namespace tq
