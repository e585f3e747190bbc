// SPDX-License-Identifier: Apache-2.0
// ConfigureValues: what `configure` knows without asking: from --set, --from FILE, the environment,
// the host file, and what it wrote itself before, each value with who said it. One thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/configure_subject.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "schema/config.hpp"

namespace tq {

enum class SaidBy {
  kNobody,
  kHostFile,     // holds for every instance, and is not repeated in this one's file
  kEarlier,      // this instance's own file
  kEnvironment,  // of this call only: later ones may have another
  kCommand,      // --set, --from
  kPerson,       // at the terminal
};

struct SaidText {
  std::string text;
  SaidBy by = SaidBy::kNobody;
  bool known() const { return by != SaidBy::kNobody; }
};

struct SaidSecret {
  Secret text;          // empty: it is what `reference` says
  Json reference;       // {"secret": NAME} and so on, or null
  std::string place{};  // of the reference, for messages
  SaidBy by = SaidBy::kNobody;
  bool known() const { return by != SaidBy::kNobody; }
};

struct ConfigureValues {
  // By key: the members of threatq that are text, default_status, config_source, record_name,
  // schedule, verify, external_proxy. Every key has an entry.
  std::map<std::string, SaidText> texts;
  SaidSecret password;                                // of ThreatQ
  Json settings = Json::object();                     // of the plugin, as its schema takes them
  std::map<std::string, SaidSecret> setting_secrets;  // by the setting's key
  std::set<std::string> settings_said;                // those of them that were said in this call
  // Configured for the host: then no user and no password are needed.
  SecretRef oauth_id, oauth_secret;

  const std::string& text(const std::string& key) const { return texts.at(key).text; }
  bool from_threatq() const { return text("config_source") == "threatq"; }
  bool by_oauth_pair() const { return oauth_id.set() && oauth_secret.set(); }
};

// E_CONFIG: an unknown key, a secret where everybody can read it, a value that no configuration can
// have. Messages never show a secret.
Result<ConfigureValues> gather_values(const ConfigureSubject& subject,
                                      const ConfigureOptions& options, const HostConfig& config);

// What has to be known and is not, a line each with all the ways to say it.
std::vector<std::string> missing_values(const ConfigureSubject& subject,
                                        const ConfigureValues& values);

// Where ThreatQ is when its host is left empty, as the guide for ThreatQ 6 says to: the platform
// sets it, and its way is not public. So it is TQHOST_THREATQ_HOST, else threatq.host.
Result<std::string> host_when_empty(const HostConfig& config, const Environment& environment);

}  // namespace tq
