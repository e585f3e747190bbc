// SPDX-License-Identifier: Apache-2.0
// HostConfig: the host file with its instances.d/, environment and defaults applied, validated by
// schemas/host.schema.json. Secrets are references until resolve_secret() is called, in the process
// that uses them. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace tq {

// Where values may come from besides files. The parent process collects it once and wipes it from
// its own environment.
using Environment = std::map<std::string, std::string>;

// Copies every variable and wipes the originals, so that /proc/PID/environ shows none of their
// values. Call once, first.
Environment take_environment(char** environ);

// Text in a 0600 file, {"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME}
// (systemd).
struct SecretRef {
  Json value;         // as written; null: not set
  std::string place;  // its origin, "/etc/tqhost/tqhost.json:12", and perhaps ": more": opens
                      // messages, and says which file has to be private
  bool set() const { return !value.is_null(); }
};

struct ThreatqConfig {
  std::string host;  // a pasted URL is cut to what parse_host() takes; empty: not set
  std::string client_id, username;
  SecretRef password;
  SecretRef oauth_id, oauth_secret;
  std::filesystem::path ca_file;
  bool verify_tls = true;
  bool use_proxy = false;
};

enum class ConfigSource { kFile, kThreatq };
enum class VerifyEvery { kWeek, kDay, kNever };

struct InstanceConfig {
  std::string name, plugin;
  bool enabled = true;
  std::string schedule;  // as written
  VerifyEvery verify = VerifyEvery::kWeek;
  ConfigSource config_source = ConfigSource::kFile;
  std::string default_status;            // of what the instance creates in ThreatQ
  std::string record_name;               // of its record in ThreatQ; empty: see record_name_of()
  bool external_proxy = false;           // the internet side goes through ThreatQ's proxy
  std::optional<ThreatqConfig> threatq;  // the host's, overridden member by member
  Json config;                           // as written, not yet validated by the plugin's schema
  std::string file;                      // the file that defines it
};

struct HostConfig {
  std::filesystem::path file;           // empty: none was found and none is needed
  std::filesystem::path intended_file;  // where it is or would be; instances.d/ lies beside it
  std::filesystem::path plugins_dir, state_dir, log_dir;
  std::filesystem::path log_file;  // of whatever instance runs; empty: a file each in log_dir
  std::filesystem::path key_file;  // of secrets at rest; empty: systemd's credential or the default
  uint64_t log_max_size_mb = 10;
  uint32_t log_keep = 10;
  std::filesystem::path ca_file;        // for the internet side; empty: the system's
  std::string proxy_url;                // may hold a password: masked in every output
  std::filesystem::path proxy_ca_file;  // of an https:// proxy; empty: as ca_file
  std::vector<std::string> no_proxy;    // a word each, none that can never match
  bool allow_plain_http = false;
  uint64_t run_minutes = 120, memory_mb = 1024, open_files = 256;
  uint64_t deaths = 5, deaths_window_minutes = 10;  // so many within it, and an instance is failed
  std::optional<ThreatqConfig> threatq;             // of every instance that does not say otherwise
  std::vector<InstanceConfig> instances;
  // JSON pointer of the resolved tree -> "/path/tqhost.json:12", "environment TQHOST_X",
  // "command line" or "default".
  std::map<std::string, std::string> origins;
  std::vector<std::string> warnings;  // worth telling a person, a line each
  // The whole tree, for `config show`: without the instances' config, secrets masked or as
  // references.
  Json resolved;

  const InstanceConfig* find(const std::string& name) const;
};

struct ConfigSources {
  std::optional<std::filesystem::path> file;                    // --config; else the default path
  bool file_may_be_missing = false;                             // for whoever is going to write it
  std::optional<std::filesystem::path> plugins_dir, state_dir;  // command line
  std::optional<std::filesystem::path> log_dir, log_file;       // command line of a drop-in name
  Environment environment;  // TQHOST_... and what secrets and default paths name
};

// Every problem is reported, one a line, with file, line, pointer, what was found, what is allowed
// and the nearest known key. E_CONFIG.
Result<HostConfig> load_host_config(const ConfigSources& sources);

// Where the host file is or would be. Empty: nobody says, and HOME is not set.
std::filesystem::path intended_file(const ConfigSources& sources);

// The text behind a reference. E_CONFIG names the place, the kind and what to do; never the value.
Result<Secret> resolve_secret(const SecretRef& ref, const HostConfig& config,
                              const Environment& environment);

}  // namespace tq
