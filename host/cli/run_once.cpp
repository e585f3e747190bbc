// SPDX-License-Identifier: Apache-2.0
// run-once and why: what they ask of the workers.
#include <ostream>

#include "cli/crew_run.hpp"
#include "core/world.hpp"

namespace tq {
namespace {

uint32_t flags_of(const RunOptions& options) {
  uint32_t flags = 0;
  if (options.dry_run) flags |= TQP_RUN_DRY;
  if (options.full) flags |= TQP_RUN_FULL;
  if (options.adopt) flags |= TQP_RUN_ADOPT;
  if (options.no_differential) flags |= TQP_RUN_NO_RECORD;
  return flags;
}

}  // namespace

Exit run_once_command(const CommandContext& context, const RunOptions& options) {
  Order order;
  order.flags = flags_of(options);
  order.strict = options.strict;
  order.external_proxy = options.external_proxy;
  order.debugger = options.debugger;
  order.tells_signals = options.tells_signals;
  if (options.no_differential)
    context.err << "tqhost: warning: --no-differential sends everything and records nothing; it is "
                   "for tests, never for production\n";
  if (options.historical) {
    int64_t ms = 0;
    if (!parse_time_utc(*options.historical, &ms))
      return fail_usage(context,
                        "--historical takes a date as 2026-11-01 or 2026-11-01T08:00:00Z, not \"" +
                            *options.historical + "\"");
    if (ms > RealWorld().now_ms())
      return fail_usage(context, "--historical takes a date that is over, and " +
                                     *options.historical + " is still to come");
    order.historical_ms = ms;
  }
  return run_crew(context, options.instances, order);
}

Exit why_command(const CommandContext& context, const WhyOptions& options) {
  Order order;
  order.purpose = Purpose::kExplain;
  order.flags = TQP_RUN_CHECK;
  order.explain_value = options.value;
  order.explain_type = options.type;
  return run_crew(context, {options.instance}, order);
}

}  // namespace tq
