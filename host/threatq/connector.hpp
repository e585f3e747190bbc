// SPDX-License-Identifier: Apache-2.0
// Connector: an instance's record in ThreatQ: its form, switch and values in the UI. How ThreatQ's
// own connectors register is not public (docs/threatq.md), so everything about it is behind these
// four calls: one adapter speaks HTTP in a form of our own, one takes the configuration file's
// word. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "schema/form.hpp"

namespace tq {

struct ConnectorDefinition {
  std::string name;        // of the record; what it is found by
  std::string name_space;  // the plugin's id: what kind of connector it is
  Form form;
  std::string default_status;  // of the objects that it creates, by name; empty: none
  std::map<std::string, Json>
      initial;             // form values for fields that a new record does not have yet
  bool look_only = false;  // changes nothing; E_CONFIG when there is no such record
  bool known = false;      // it was there before: E_CONFIG, not a new one, when it is gone
  std::string instance;    // for what a person is told to do
};

struct ConnectorState {
  bool enabled = false;
  // By field, as the UI keeps them; of a server that hides secrets, its asterisks.
  std::map<std::string, Json> values;
  std::string default_status;  // by name; empty: none
};

struct LastRun {
  int64_t ended_ms = 0;
  uint64_t count = 0;  // of what was sent
  bool ok = true;
};

struct OauthPair {
  std::string id;
  Secret secret;
};

class Connector {
 public:
  virtual ~Connector() = default;

  // Finds the record by its name or makes it: category Labs, switched off. Adds fields that are
  // new, moves values of renamed ones, updates labels and help; a person's values and switch are
  // never changed. Doing it again changes nothing and writes nothing. The record's id.
  // A record that may not be changed is used as it is, with a warning.
  virtual Result<std::string> ensure(const ConnectorDefinition& definition) = 0;

  // After ensure(): the record was there already, with values and a switch of its own.
  virtual bool existed() const { return false; }
  // After ensure(): the warning that a record could not be brought up to date, for callers whose
  // log nobody reads; empty: it could.
  virtual std::string shortfall() const { return {}; }

  virtual Result<ConnectorState> read(const std::string& record) = 0;

  // Best effort: the caller logs a failure and goes on.
  virtual Result<void> report(const std::string& record, const LastRun& run) = 0;

  // A private OAuth pair for this record, or none when this ThreatQ gives none.
  virtual Result<std::optional<OauthPair>> credentials(const std::string& record) = 0;
};

// Every wire form of a switch: off is false, 0, "", "0", "false", "n", "no", "off" in any letter
// case, and null; everything else is on (the rule of the vendor's SDK, made tolerant).
bool switched_on(const Json& is_active);

// `config_source: file`: no record anywhere; the switch is `enabled`, the values are the members of
// `config` as they are. `instance` outlives it.
std::unique_ptr<Connector> file_connector(const InstanceConfig& instance);

}  // namespace tq
