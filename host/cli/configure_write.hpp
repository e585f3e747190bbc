// SPDX-License-Identifier: Apache-2.0
// ConfigureWrite: carries out what `configure` found out: secrets into the vault, the record into
// ThreatQ, and last the configuration file, whose arrival is the commit point. Wherever it is cut
// off, the old configuration is still whole or the new one is, and the same command finishes what
// was begun: what is new has names that nothing has had, and what is old goes after the commit.
// One thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
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
  Json threatq_block();
  Json config_block();
  Json instance_object();
  Json document();
  Json host_values() const;
  Json keep(const std::string& name, const SaidSecret& secret);
  Result<void> keep_secrets();
  Result<void> keep_certificate();
  Result<void> keep_record();
  Result<void> keep_file();
  void keep_pair();
  std::string owner() const;
  void tidy();
  void drop_named(std::vector<std::string>* names) const;
  void note(const std::string& message);

  const CommandContext& context_;
  const ConfigureSubject& subject_;
  const HostConfig& config_;
  const ConfigureValues& values_;
  ThreatqTrial& trial_;
  World& world_;
  Json document_;
  std::set<std::string> kept_names_;       // of the secrets that stand in the vault
  std::map<std::string, Secret> secrets_;  // for the vault
  std::vector<std::string> unused_secrets_;
  std::string certificate_;
  std::vector<std::string> unused_certificates_;
  std::string record_;  // empty: the form is not in ThreatQ
};

}  // namespace tq
