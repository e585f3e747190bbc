// SPDX-License-Identifier: Apache-2.0
// ConfigureWrite: carries out what `configure` found out: secrets into the vault, the record into
// ThreatQ, and last the configuration file, whose arrival is the commit point. Wherever it is cut
// off, the old configuration is still whole or the new one is, and the same command finishes what
// was begun. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/configure_subject.hpp"
#include "cli/configure_threatq.hpp"
#include "cli/configure_values.hpp"
#include "schema/vault.hpp"

namespace tq {

class ConfigureWrite {
 public:
  ConfigureWrite(const CommandContext& context, const ConfigureSubject& subject,
                 const HostConfig& config, const ConfigureValues& values, ThreatqTrial& trial,
                 World& world)
      : context_(context),
        subject_(subject),
        config_(config),
        values_(values),
        trial_(trial),
        world_(world) {}

  // The file as it will be, valid. Changes nothing. E_CONFIG: it cannot be.
  Result<void> prepare();
  // REQUIRES: prepare() was good.
  Result<void> carry_out();

 private:
  // A name for something new, other than the one that the file of before uses, which stays good
  // until the new file is there.
  struct Name {
    std::string taken, given_up;
  };
  static Name fresh_name(const std::string& base, const std::string& ending, bool base_is_in_use);

  Json threatq_block();
  Json config_block();
  Json instance_object();
  Json document();
  Json keep(const std::string& name, const SaidSecret& secret, const Json* earlier);
  Result<void> keep_secrets();
  Result<void> keep_certificate();
  Result<void> keep_record();
  Result<void> keep_pair(const std::string& record);
  Result<void> keep_file();
  void tidy();
  void note(const std::string& message);

  const CommandContext& context_;
  const ConfigureSubject& subject_;
  const HostConfig& config_;
  const ConfigureValues& values_;
  ThreatqTrial& trial_;
  World& world_;
  Json document_;
  std::map<std::string, Secret> secrets_;  // for the vault
  std::vector<std::string> unused_secrets_;
  Name certificate_;  // paths
};

}  // namespace tq
