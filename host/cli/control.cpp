// SPDX-License-Identifier: Apache-2.0
#include "cli/control.hpp"

#include <ostream>

#include "core/cancel.hpp"
#include "core/text.hpp"
#include "schedule/control.hpp"
#include "schema/interval.hpp"

namespace tq {
namespace {

constexpr uint64_t kLookEveryMs = 100;
constexpr int64_t kLongestPauseS = 366 * 24 * 60 * 60;

Result<Json> request_of(const ControlOptions& options) {
  Json request = {
      {"command", options.command}, {"instance", options.instance}, {"full", options.full}};
  if (options.adopt) request["adopt"] = true;
  if (options.dry_run) request["dry_run"] = true;
  if (options.pause_for.empty()) return request;
  const auto seconds = duration_s(trim(options.pause_for));
  if (!seconds || *seconds > kLongestPauseS)
    return Error{Status::kConfig, "\"" + printable(options.pause_for, 40) +
                                      "\" is no time for --for; write a number and s, m, h or d, "
                                      "such as 7d, at most 366d"};
  request["for_ms"] = static_cast<uint64_t>(*seconds) * 1000;
  return request;
}

// The answer, or what the supervisor has against it.
Result<Json> ask(const HostConfig& config, const Json& request) {
  TQ_ASSIGN(Json answer, ask_supervisor(config.state_dir, request));
  const std::string error = text_at(answer, "error");
  if (error.empty()) return answer;
  return Error{text_at(answer, "status") == "config" ? Status::kConfig : Status::kTransient, error};
}

Result<std::string> state_of_instance(const HostConfig& config, const std::string& name) {
  TQ_ASSIGN(const Json answer, ask(config, {{"command", "status"}, {"instance", name}}));
  const Json* const state = json_at(answer, "/instances/0/state");
  return state != nullptr && state->is_string() ? state->get<std::string>() : std::string("gone");
}

Exit wait_until_stopped(const CommandContext& context, const HostConfig& config,
                        const ControlOptions& options) {
  const Cancel never;
  for (uint64_t waited_ms = 0; waited_ms <= options.wait_s * 1000; waited_ms += kLookEveryMs) {
    const auto state = state_of_instance(config, options.instance);
    // It may have ended as a whole meanwhile.
    if (!state && state.error().status != Status::kEnd) return fail(context, state.error());
    if (!state || *state == "disabled" || *state == "gone") {
      context.out << options.instance << " is stopped\n";
      return Exit::kDone;
    }
    never.wait_ms(kLookEveryMs);
  }
  return fail(context, {Status::kTransient, options.instance + " was asked to stop and has not " +
                                                "ended within " + std::to_string(options.wait_s) +
                                                " s; look at: tqhost status " + options.instance});
}

}  // namespace

Exit control_command(const CommandContext& context, const ControlOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto request = request_of(options);
  if (!request) return fail(context, request.error());
  const bool stops = options.command == "stop";
  auto answer = ask(*config, *request);
  if (!answer && answer.error().status == Status::kEnd && stops) {
    if (const auto known = find_instance(*config, options.instance); !known)
      return fail(context, known.error());
    context.out << options.instance << " does not run: " << answer.error().message << '\n';
    return Exit::kDone;
  }
  if (!answer) {
    // The configuration may know better why the supervisor does not know it.
    const auto known = find_instance(*config, options.instance);
    const bool unknown = !known && answer.error().status == Status::kConfig;
    fail(context, unknown ? known.error() : answer.error());
    return answer.error().status == Status::kConfig ? Exit::kUsage : Exit::kFailed;
  }
  if (stops) return wait_until_stopped(context, *config, options);
  context.out << text_at(*answer, "note") << '\n';
  // A dry run leaves no record: what it would do stands in the log.
  if (options.command == "trigger")
    context.out << "how it goes: tqhost " << (options.dry_run ? "logs -f " : "status ")
                << options.instance << '\n';
  return Exit::kDone;
}

}  // namespace tq
