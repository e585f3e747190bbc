// SPDX-License-Identifier: Apache-2.0
// run-forever: the supervisor in this process.
#include "cli/command.hpp"
#include "core/world.hpp"
#include "schedule/supervisor.hpp"

namespace tq {

Exit run_forever_command(const CommandContext& context, const std::string& pid_file) {
  RealWorld world;
  SupervisorOptions options;
  options.sources = context.sources;
  options.log_level = context.log_level;
  options.log_json = context.log_json;
  options.pid_file = pid_file;
  auto supervisor = Supervisor::create(std::move(options), world);
  if (!supervisor) return fail(context, supervisor.error());
  return (*supervisor)->run();
}

}  // namespace tq
