// SPDX-License-Identifier: Apache-2.0
// secret set|check|rotate: secrets at rest. No value is ever shown, and none comes by argv.
#include <fmt/ostream.h>
#include <unistd.h>

#include <ostream>

#include "cli/command.hpp"
#include "cli/control.hpp"
#include "cli/prompt.hpp"
#include "cli/secret_uses.hpp"
#include "core/world.hpp"
#include "schema/vault.hpp"
#include "worker/crash_world.hpp"

namespace tq {
namespace {

constexpr size_t kSecretBytesMost = 64 * 1024;
constexpr int kTriesMost = 3;

Result<Secret> ask_twice(Prompter& prompter, const std::string& name, std::ostream& out) {
  Question question;
  question.label = "Secret " + name;
  question.secret = true;
  question.check = [](const std::string& answer) {
    return answer.empty() ? Result<void>(Error{Status::kConfig, "Type the secret."})
                          : Result<void>();
  };
  Question again = question;
  again.label += " again";
  for (int i = 0; i < kTriesMost; ++i) {
    TQ_ASSIGN(Secret first, prompter.ask(question));
    TQ_ASSIGN(const Secret second, prompter.ask(again));
    if (first.reveal() == second.reveal()) return first;
    out << "The two are not the same.\n";
  }
  return Error{Status::kConfig, "the secret \"" + name +
                                    "\" was not set: it was typed twice, and " + "never the same"};
}

Result<Secret> take_secret(const std::string& name, std::ostream& out) {
  const auto prompter = terminal_prompter(out);
  if (prompter->interactive()) return ask_twice(*prompter, name, out);
  // Typed there, it would be echoed.
  if (::isatty(STDIN_FILENO) == 1)
    return Error{Status::kConfig,
                 "standard input is a terminal, but standard output is not: either type the secret "
                 "at a terminal, or give it on standard input: tqhost secret set " +
                     name + " < FILE"};
  return read_secret_from_input(kSecretBytesMost);
}

Result<void> set_secret(const HostConfig& config, const CommandContext& context,
                        const std::string& name) {
  TQ_TRY(check_secret_name(name));
  // What is wrong with the files is told before anybody types.
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config, context.sources.environment)));
  TQ_ASSIGN(const Secret secret, take_secret(name, context.out));
  TQ_TRY(vault.set({{name, secret}}));
  fmt::print(context.out,
             "The secret \"{}\" is kept in {}, sealed with {}.\n"
             "The configuration names it {{\"secret\": \"{}\"}}.\n",
             name, (config.state_dir / "secrets.json").string(), vault.key_place(), name);
  tell_supervisor(context, config.state_dir);
  return {};
}

// One line for each thing that a person has to repair.
Result<void> check_secrets(const HostConfig& config, const CommandContext& context) {
  const Environment& environment = context.sources.environment;
  TQ_ASSIGN(const Vault vault, Vault::open(vault_files(config, environment)));
  const auto registry = load_registry(context, config);
  const SecretUses uses = find_secret_uses(config, registry ? *registry : Registry());

  std::string problems;
  const auto problem = [&](const Error& error) { problems += "\n" + error.message; };
  fmt::print(context.out, "Secrets in {}, sealed with {}:\n",
             (config.state_dir / "secrets.json").string(), vault.key_place());
  if (vault.names().empty()) fmt::print(context.out, "  none\n");
  for (const std::string& name : vault.names()) {
    const auto secret = vault.get(name);
    if (!secret) problem(secret.error());
    fmt::print(context.out, "  {:<32} set {}{}{}\n", name, vault.set_at(name),
               secret ? "" : ", DAMAGED",
               uses.names.count(name) != 0 ? "" : ", the configuration does not name it");
  }
  for (const std::string& instance : uses.unknown)
    fmt::print(context.out,
               "The settings of {} were not looked at: its plugin was not found in {}.\n", instance,
               config.plugins_dir.string());
  for (const Error& error : uses.problems) problem(error);
  for (const auto& [place, ref] : uses.named)
    if (const auto secret = resolve_secret(ref, config, environment); !secret)
      problem(secret.error());
  if (problems.empty()) return {};
  return Error{Status::kConfig, problems.substr(1)};
}

Result<void> rotate_secrets(const HostConfig& config, const CommandContext& context) {
  const Environment& environment = context.sources.environment;
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config, environment)));
  const auto world = make_world(crash_point(environment));
  TQ_ASSIGN(const Vault::Rotation done, vault.rotate(*world));
  if (done.new_key_id.empty()) {
    fmt::print(context.out, "No secret was ever set, so there is no key to rotate.\n");
    return {};
  }
  fmt::print(context.out,
             "{} secrets and {} other files were sealed anew; all are sealed with {}.\n",
             done.secrets, done.other_files, vault.key_place());
  if (done.new_key_id != done.old_key_id)
    fmt::print(
        context.out,
        "Key {} opens none of them any more. It still opens backups: if it is in wrong hands, "
        "change the secrets, too.\n",
        done.old_key_id);
  for (const std::string& note : done.notes) fmt::print(context.out, "Note: {}.\n", note);
  return {};
}

Result<void> run(const CommandContext& context, const SecretOptions& options) {
  TQ_ASSIGN(const HostConfig config, load_config(context));
  if (options.action == "set") return set_secret(config, context, options.name);
  if (options.action == "check") return check_secrets(config, context);
  return rotate_secrets(config, context);
}

}  // namespace

Exit secret_command(const CommandContext& context, const SecretOptions& options) {
  const auto done = run(context, options);
  if (done) return Exit::kDone;
  if (done.error().status != Status::kCancelled) return fail(context, done.error());
  context.err << "tqhost: nothing was changed\n";
  return Exit::kFailed;
}

}  // namespace tq
