// SPDX-License-Identifier: Apache-2.0
#include "schema/config.hpp"

#include <algorithm>
#include <set>

#include "core/file.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"
#include "schema/config_tree.hpp"
#include "schema/default_paths.hpp"
#include "schema/environment.hpp"
#include "schema/forms.hpp"
#include "schema/plugin_schema.hpp"
#include "schema/proxy_config.hpp"
#include "schema/secret_ref.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMask = "***";
constexpr const char* kCommandLine = "command line";

std::string instance_pointer(size_t index) { return "/instances/" + std::to_string(index); }

// The value at a pointer that the schema has made sure of. No pointer: the fallback.
template <typename T>
T value_at(const Json& root, const std::string& pointer, T fallback = {}) {
  const Json* value = pointer.empty() ? nullptr : json_at(root, pointer);
  return value == nullptr || value->is_null() ? fallback : value->get<T>();
}

// Checks that no schema can say, and the way from the valid tree to HostConfig.
class Loader {
 public:
  Loader(const ConfigSources& sources, const DefaultPaths& defaults)
      : sources_(sources), defaults_(defaults) {}

  Result<HostConfig> load() {
    const fs::path file = sources_.file ? fs::absolute(*sources_.file) : defaults_.file;
    if (!file.empty())
      tree_.read_files(file, sources_.file.has_value() && !sources_.file_may_be_missing);
    config_.intended_file = file;
    problems_ = tree_.problems();
    if (!problems_.empty()) return failure();
    TQ_ASSIGN(const auto schema, PluginSchema::of_host());
    config_.warnings = apply_environment(sources_.environment, schema->json(), &tree_);
    apply_proxy_variables(sources_.environment, &tree_);
    set_folders();
    validate(*schema);
    if (!problems_.empty()) return failure();
    check_names();
    check_proxy();
    check_secrets();
    check_owners();
    if (!problems_.empty()) return failure();
    build();
    return std::move(config_);
  }

 private:
  // A line each, also when a file's name or a key would make it two.
  Error failure() const {
    std::vector<std::string> lines;
    for (const std::string& problem : problems_) lines.push_back(shown(problem));
    return {Status::kConfig, join(lines, "\n")};
  }

  // "/etc/tqhost/tqhost.json:14: /log/max_size is not a known key; ..."
  void problem(const std::string& pointer, const std::string& message) {
    const std::string origin = tree_.origin(pointer);
    problems_.push_back((origin.empty() ? "the configuration" : origin) + ": " +
                        (pointer.empty() ? "the configuration" : pointer) + " " + message);
  }

  // From the command line, else from the file, where they are relative to it, else the default.
  void set_folders() {
    set_folder("plugins_dir", sources_.plugins_dir, defaults_.plugins_dir);
    set_folder("state_dir", sources_.state_dir, defaults_.state_dir);
  }

  void set_folder(const std::string& key, const std::optional<fs::path>& given,
                  const fs::path& fallback) {
    if (given) {
      tree_.set({key}, fs::absolute(*given).string(), kCommandLine);
    } else if (tree_.root().is_object() && !tree_.root().contains(key)) {
      if (fallback.empty()) {
        problem("/" + key, "is not set, and neither is HOME, so that there is no default");
      } else {
        tree_.set({key}, fallback.string(), "default");
      }
    }
  }

  void validate(const PluginSchema& schema) {
    for (const Problem& found : schema.apply(tree_.root(), &settings_))
      problem(found.pointer, found.message);
  }

  void check_names() {
    std::map<std::string, std::string> known;  // name -> where it was first
    const Json& instances = settings_.values["instances"];
    for (size_t i = 0; i < instances.size(); ++i) {
      const std::string pointer = instance_pointer(i);
      const auto [at, is_new] =
          known.emplace(text_at(instances[i], "name"), tree_.origin(pointer + "/name"));
      if (!is_new)
        problem(pointer + "/name", "is \"" + at->first + "\", which " + at->second + " has too");
    }
  }

  void check_proxy() {
    const std::string url = value_at<std::string>(settings_.values, "/proxy/url");
    if (!url.empty())
      if (const std::string why = proxy_problem(url); !why.empty()) problem("/proxy/url", why);
    const NoProxyWords words =
        read_no_proxy(value_at<std::vector<std::string>>(settings_.values, "/proxy/no_proxy"));
    config_.no_proxy = words.good;
    // What was written for every program of this machine stops none of them.
    const std::string origin = tree_.origin("/proxy/no_proxy");
    const bool for_all = origin == "environment no_proxy" || origin == "environment NO_PROXY";
    for (const auto& [index, why] : words.bad) {
      if (for_all) {
        config_.warnings.push_back(origin + " " + why + "; it is left out");
      } else {
        problem("/proxy/no_proxy/" + std::to_string(index), why);
      }
    }
  }

  // Literal secrets ask for a private file. What is secret in an instance's config, its plugin's
  // schema knows: resolve_secret() looks there.
  void check_secrets() {
    std::vector<std::string> pointers = settings_.secrets;
    if (has_url_password(value_at<std::string>(settings_.values, "/proxy/url")))
      pointers.push_back("/proxy/url");
    std::set<fs::path> seen;
    for (const std::string& pointer : pointers) {
      const Json* value = json_at(settings_.values, pointer);
      const fs::path file = tree_.file_of(pointer);
      if (value == nullptr || !value->is_string() || file.empty() || !seen.insert(file).second)
        continue;
      if (auto checked = check_private(file, "holds a secret (" + pointer + ")"); !checked)
        problems_.push_back(checked.error().message);
    }
  }

  // Who may change a file that says where ThreatQ is can have the secrets sent to himself, also
  // those that only stand in references.
  void check_owners() {
    if (!problems_.empty() || !uses_secrets()) return;
    std::set<fs::path> files = {tree_.main_file()};
    for (size_t i = 0; i < settings_.values["instances"].size(); ++i)
      files.insert(tree_.file_of(instance_pointer(i)));
    std::set<fs::path> paths;
    for (const fs::path& file : files)
      if (!file.empty()) paths.insert({file, file.parent_path()});
    for (const fs::path& path : paths)
      if (auto checked = check_own(path, "says where secrets are sent"); !checked)
        problems_.push_back(checked.error().message);
  }

  bool uses_secrets() const {
    const auto has_threatq = [](const Json& object) { return object.contains("threatq"); };
    const Json& instances = settings_.values["instances"];
    return has_threatq(tree_.root()) ||
           std::any_of(instances.begin(), instances.end(), has_threatq);
  }

  fs::path path_at(const std::string& pointer) const {
    fs::path path = value_at<std::string>(settings_.values, pointer);
    if (path.empty()) return path;
    const fs::path file = tree_.file_of(pointer);
    return file.empty() ? fs::absolute(path) : (file.parent_path() / path).lexically_normal();
  }

  void build() {
    const Json& values = settings_.values;
    config_.file = tree_.main_file();
    config_.plugins_dir = path_at("/plugins_dir");
    config_.state_dir = path_at("/state_dir");
    config_.log_dir = sources_.log_dir ? fs::absolute(*sources_.log_dir) : path_at("/log/dir");
    if (config_.log_dir.empty()) config_.log_dir = config_.state_dir / "logs";
    if (sources_.log_file) config_.log_file = fs::absolute(*sources_.log_file);
    config_.key_file = path_at("/secrets/key_file");
    config_.log_max_size_mb = value_at<uint64_t>(values, "/log/max_size_mb");
    config_.log_keep = value_at<uint32_t>(values, "/log/keep");
    config_.ca_file = path_at("/ca_file");
    config_.proxy_url = value_at<std::string>(values, "/proxy/url");
    config_.proxy_ca_file = path_at("/proxy/ca_file");
    config_.allow_plain_http = value_at<bool>(values, "/allow_plain_http");
    config_.run_minutes = value_at<uint64_t>(values, "/limits/run_minutes");
    config_.memory_mb = value_at<uint64_t>(values, "/limits/memory_mb");
    config_.open_files = value_at<uint64_t>(values, "/limits/open_files");
    config_.deaths = value_at<uint64_t>(values, "/limits/deaths");
    config_.deaths_window_minutes = value_at<uint64_t>(values, "/limits/deaths_window_minutes");
    config_.origins = tree_.origins();
    for (const auto& [pointer, by_default] : settings_.defaulted)
      config_.origins[pointer] = "default";
    start_resolved();
    if (Json shown; tree_.root().contains("threatq")) config_.threatq = threatq_of("", &shown);
    for (size_t i = 0; i < values["instances"].size(); ++i) add_instance(i);
  }

  void start_resolved() {
    Json& out = config_.resolved;
    out = settings_.values;
    out["plugins_dir"] = config_.plugins_dir.string();
    out["state_dir"] = config_.state_dir.string();
    out["log"]["dir"] = config_.log_dir.string();
    if (!config_.ca_file.empty()) out["ca_file"] = config_.ca_file.string();
    if (!config_.proxy_url.empty()) out["proxy"]["url"] = mask_url_password(config_.proxy_url);
    if (!config_.proxy_ca_file.empty()) out["proxy"]["ca_file"] = config_.proxy_ca_file.string();
    out["proxy"]["no_proxy"] = config_.no_proxy;
    for (const std::string& pointer : settings_.secrets)
      if (Json& value = out[Json::json_pointer(pointer)]; value.is_string()) value = kMask;
    if (!tree_.root().contains("threatq")) out.erase("threatq");
  }

  void add_instance(size_t index) {
    const std::string pointer = instance_pointer(index);
    const Json& values = settings_.values["instances"][index];
    InstanceConfig instance;
    instance.name = text_at(values, "name");
    instance.plugin = text_at(values, "plugin");
    instance.enabled = value_at<bool>(values, "/enabled");
    instance.schedule = text_at(values, "schedule");
    instance.verify = verify_every(text_at(values, "verify"));
    instance.config_source = text_at(values, "config_source") == "threatq" ? ConfigSource::kThreatq
                                                                           : ConfigSource::kFile;
    instance.default_status = text_at(values, "default_status");
    instance.record_name = text_at(values, "record_name");
    instance.external_proxy = value_at<bool>(values, "/external_proxy");
    instance.file = tree_.file_of(pointer).string();
    const Json* config = json_at(values, "/config");
    instance.config = config == nullptr ? Json::object() : *config;
    Json& shown = config_.resolved["instances"][index];
    shown.erase("config");
    if (tree_.root().contains("threatq") || values.contains("threatq"))
      instance.threatq = threatq_of(pointer, &shown["threatq"]);
    config_.instances.push_back(std::move(instance));
  }

  // Each member is the instance's own or the host's. Tells `shown` and the origins of it.
  ThreatqConfig threatq_of(const std::string& instance, Json* shown) {
    *shown = Json::object();
    const auto pick = [&](const std::string& member) {
      const std::string own = instance + "/threatq" + member;
      const std::string general = "/threatq" + member;
      const Json* value = json_at(settings_.values, own);
      const std::string& from = value == nullptr ? general : own;
      if (value == nullptr) value = json_at(settings_.values, general);
      if (value == nullptr) return std::string();
      const bool masked = value->is_string() && is_secret(from);
      (*shown)[Json::json_pointer(member)] = masked ? Json(kMask) : *value;
      config_.origins[own] = settings_.defaulted.count(from) != 0 ? "default" : tree_.origin(from);
      return from;
    };
    const auto text = [&](const std::string& member) {
      return value_at<std::string>(settings_.values, pick(member));
    };
    const auto secret = [&](const std::string& member) {
      const std::string from = pick(member);
      return from.empty()
                 ? SecretRef()
                 : SecretRef{*json_at(settings_.values, from), tree_.origin(from) + ": " + from};
    };
    ThreatqConfig out;
    out.host = text("/host");
    out.client_id = text("/client_id");
    out.username = text("/username");
    out.password = secret("/password");
    out.oauth_id = secret("/oauth_client/id");
    out.oauth_secret = secret("/oauth_client/secret");
    if (const std::string from = pick("/ca_file"); !from.empty()) out.ca_file = path_at(from);
    if (!out.ca_file.empty()) (*shown)["ca_file"] = out.ca_file.string();
    out.verify_tls = value_at<bool>(settings_.values, pick("/verify_tls"), true);
    out.use_proxy = value_at<bool>(settings_.values, pick("/use_proxy"), false);
    return out;
  }

  static VerifyEvery verify_every(const std::string& word) {
    if (word == "daily") return VerifyEvery::kDay;
    return word == "off" ? VerifyEvery::kNever : VerifyEvery::kWeek;
  }

  bool is_secret(const std::string& pointer) const {
    return std::find(settings_.secrets.begin(), settings_.secrets.end(), pointer) !=
           settings_.secrets.end();
  }

  const ConfigSources& sources_;
  const DefaultPaths& defaults_;
  ConfigTree tree_;
  PluginSettings settings_;
  std::vector<std::string> problems_;
  HostConfig config_;
};

}  // namespace

const InstanceConfig* HostConfig::find(const std::string& name) const {
  for (const InstanceConfig& instance : instances)
    if (instance.name == name) return &instance;
  return nullptr;
}

Result<HostConfig> load_host_config(const ConfigSources& sources, const DefaultPaths& defaults) {
  return Loader(sources, defaults).load();
}

Result<HostConfig> load_host_config(const ConfigSources& sources) {
  return load_host_config(sources, own_default_paths(sources.environment));
}

fs::path intended_file(const ConfigSources& sources) {
  return sources.file ? fs::absolute(*sources.file) : own_default_paths(sources.environment).file;
}

}  // namespace tq
