// SPDX-License-Identifier: Apache-2.0
// Prompter: asks a person at the terminal. One thread. While a secret is typed the terminal does
// not echo, and it echoes again however the asking ends, signals included.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace tq {

struct Question {
  std::string label;    // "ThreatQ Host", shown as "ThreatQ Host: "
  std::string current;  // shown in brackets and taken when nothing is typed; empty: none
  // Not echoed. `current` then shows as [unchanged], and the answer is empty when nothing is typed.
  bool secret = false;
  std::string help;  // shown when "?" is typed
  // Refuses an answer with what to type instead, and the question is asked again; E_CANCELLED ends
  // the asking.
  std::function<Result<void>(const std::string& answer)> check;
};

class Prompter {
 public:
  virtual ~Prompter() = default;

  // Both standard input and standard output are a terminal.
  virtual bool interactive() const = 0;

  // The answer, trimmed (secrets are taken as typed, but for cut_ends()). E_CANCELLED: end of input
  // or control-C. REQUIRES: interactive().
  virtual Result<Secret> ask(const Question& question) = 0;

  // "Trust it?" is shown as "Trust it? [y/N]: ", where the fallback is what nothing typed means.
  virtual Result<bool> confirm(const std::string& question, bool fallback) = 0;
};

std::unique_ptr<Prompter> terminal_prompter(std::ostream& out);

// What came on standard input, which is no terminal: for `secret set`. cut_ends() is done.
// E_CONFIG: also UTF-16.
Result<Secret> read_secret_from_input(size_t limit);

}  // namespace tq
