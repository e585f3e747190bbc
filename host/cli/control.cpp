// SPDX-License-Identifier: Apache-2.0
#include "cli/control.hpp"

#include <ostream>

#include "core/cancel.hpp"
#include "core/saturating.hpp"
#include "core/text.hpp"
#include "schedule/control.hpp"
#include "schema/interval.hpp"
#include "schema/state_place.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLookEveryMs = 100;
constexpr uint64_t kAnswerMs = 5'000;
constexpr uint64_t kReloadMs = 60'000;  // it looks at every plugin file, too
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
Result<Json> ask(const fs::path& state_dir, const Json& request, uint64_t timeout_ms = kAnswerMs) {
  TQ_ASSIGN(Json answer, ask_supervisor(state_dir, request, timeout_ms));
  const std::string error = text_at(answer, "error");
  if (error.empty()) return answer;
  return Error{text_at(answer, "status") == "config" ? Status::kConfig : Status::kTransient, error};
}

Result<std::string> state_of_instance(const fs::path& state_dir, const std::string& name) {
  TQ_ASSIGN(const Json answer, ask(state_dir, {{"command", "status"}, {"instance", name}}));
  const Json* const state = json_at(answer, "/instances/0/state");
  return state != nullptr && state->is_string() ? state->get<std::string>() : std::string("gone");
}

Exit wait_until_stopped(const CommandContext& context, const fs::path& state_dir,
                        const ControlOptions& options, const std::string& unkept) {
  const Cancel never;
  const uint64_t most_ms = saturating_mul(uint64_t{options.wait_s}, 1000);
  for (uint64_t waited_ms = 0; waited_ms <= most_ms; waited_ms += kLookEveryMs) {
    const auto state = state_of_instance(state_dir, options.instance);
    // It may have ended as a whole meanwhile.
    if (!state && state.error().status != Status::kEnd) return fail(context, state.error());
    if (!state || *state == "disabled" || *state == "gone") {
      if (!unkept.empty())
        return fail(context, {Status::kTransient, options.instance + " is stopped, but " + unkept});
      context.out << options.instance << " is stopped\n";
      return Exit::kDone;
    }
    never.wait_ms(kLookEveryMs);
  }
  return fail(context, {Status::kTransient, options.instance + " was asked to stop and has not " +
                                                "ended within " + std::to_string(options.wait_s) +
                                                " s; look at: tqhost status " + options.instance});
}

void tell_warnings(const CommandContext& context, const Json& answer) {
  const Json* const warnings = json_at(answer, "/warnings");
  if (warnings == nullptr || !warnings->is_array()) return;
  for (const Json& warning : *warnings)
    if (warning.is_string())
      context.err << "tqhost: warning: " << warning.get<std::string>() << '\n';
}

}  // namespace

Result<fs::path> place_of_supervisor(const CommandContext& context,
                                     const Result<HostConfig>& config) {
  if (config) return config->state_dir;
  const fs::path likely = likely_state_dir(context.sources);
  const auto answer =
      likely.empty() ? Result<Json>(config.error()) : ask(likely, {{"command", "status"}});
  if (!answer) return config.error();
  // Another one may run there, by another file.
  const fs::path its = text_at(*answer, "config"), ours = intended_file(context.sources);
  std::error_code error;
  if (its != ours && !fs::equivalent(its, ours, error)) return config.error();
  return likely;
}

Exit control_command(const CommandContext& context, const ControlOptions& options) {
  const auto config = load_config(context);
  const auto request = request_of(options);
  if (!request) return fail(context, request.error());
  const auto state_dir = place_of_supervisor(context, config);
  if (!state_dir) return fail(context, state_dir.error());
  const bool stops = options.command == "stop";
  const auto answer = ask(*state_dir, *request);
  if (config && !answer && answer.error().status == Status::kEnd && stops) {
    if (const auto known = find_instance(*config, options.instance); !known)
      return fail(context, known.error());
    context.out << options.instance << " does not run: " << answer.error().message << '\n';
    return Exit::kDone;
  }
  if (!answer) {
    // The configuration may know better why the supervisor does not know it.
    const auto known = config ? find_instance(*config, options.instance)
                              : Result<InstanceConfig>(InstanceConfig());
    const bool unknown = !known && answer.error().status == Status::kConfig;
    fail(context, unknown ? known.error() : answer.error());
    return answer.error().status == Status::kConfig ? Exit::kUsage : Exit::kFailed;
  }
  const std::string unkept = text_at(*answer, "unkept"), note = text_at(*answer, "note");
  if (stops) return wait_until_stopped(context, *state_dir, options, unkept);
  if (!unkept.empty()) return fail(context, {Status::kTransient, note + ", but " + unkept});
  context.out << note << '\n';
  // A dry run leaves no record: what it would do stands in the log.
  if (options.command == "trigger")
    context.out << "how it goes: tqhost " << (options.dry_run ? "logs -f " : "status ")
                << options.instance << '\n';
  return Exit::kDone;
}

Exit reload_command(const CommandContext& context) {
  // The supervisor says what is wrong, and what is worth knowing; here it only is to be found.
  const auto config = load_host_config(context.sources);
  const auto state_dir = place_of_supervisor(context, config);
  if (!state_dir) return fail(context, state_dir.error());
  const auto answer = ask(*state_dir, {{"command", "reload"}}, kReloadMs);
  if (!answer) {
    const bool broken = answer.error().status == Status::kConfig;
    fail(context, answer.error());
    if (broken)
      context.err << "tqhost: the supervisor goes on with the configuration that it has\n";
    return broken ? Exit::kUsage : Exit::kFailed;
  }
  tell_warnings(context, *answer);
  context.out << text_at(*answer, "note") << '\n';
  return Exit::kDone;
}

void tell_supervisor(const CommandContext& context, const fs::path& state_dir, bool quiet) {
  const auto answer = ask(state_dir, {{"command", "reload"}}, kReloadMs);
  if (!answer && answer.error().status == Status::kEnd) return;
  if (!answer) {
    context.err << "tqhost: note: the running supervisor does not know of it yet: "
                << answer.error().message << "\ntqhost: note: when that is mended type: "
                << "tqhost reload\n";
    return;
  }
  if (quiet) return;
  tell_warnings(context, *answer);
  context.out << text_at(*answer, "note") << '\n';
}

}  // namespace tq
