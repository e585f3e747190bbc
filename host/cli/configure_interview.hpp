// SPDX-License-Identifier: Apache-2.0
// ConfigureInterview: fills in what is not known yet, in the order of the guides, and tries each
// value when it is entered. What is known already is tried too, and not asked. One thread.
#pragma once

#include <optional>
#include <string>

#include "cli/configure_subject.hpp"
#include "cli/configure_threatq.hpp"
#include "cli/configure_values.hpp"
#include "cli/prompt.hpp"

namespace tq {

class ConfigureInterview {
 public:
  ConfigureInterview(const CommandContext& context, const ConfigureSubject& subject,
                     const HostConfig& config, Prompter& prompter, ThreatqTrial& trial,
                     ConfigureValues& values)
      : context_(context),
        subject_(subject),
        config_(config),
        prompter_(prompter),
        trial_(trial),
        values_(values) {}

  // E_CANCELLED: the person stopped. Other errors: the value cannot be used, and nobody is there to
  // give another.
  Result<void> hold();

 private:
  // `again`: a log-in was refused, and the answer does not say what was wrong with it.
  Result<void> host(bool again = false);
  Result<void> client_id(bool again = false);
  Result<void> account();
  Result<void> ask_again(const Error& refusal);
  Result<void> status();
  Result<void> settings();

  Result<void> ask(const std::string& key, std::function<Result<void>(const std::string&)> check,
                   bool again = false);
  Result<void> username(bool again);
  Result<void> password(bool again);
  Result<Secret> password_text() const;
  Result<void> try_host(const std::string& text);
  Result<void> offer_trust(const Origin& origin, Error refusal);
  Result<void> ask_setting(const FormField& field);
  bool asked(SaidBy by) const;

  const CommandContext& context_;
  const ConfigureSubject& subject_;
  const HostConfig& config_;
  Prompter& prompter_;
  ThreatqTrial& trial_;
  ConfigureValues& values_;
  Origin origin_;
};

}  // namespace tq
