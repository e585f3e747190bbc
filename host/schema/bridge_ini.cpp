// SPDX-License-Identifier: Apache-2.0
#include "schema/bridge_ini.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/comma_text.hpp"
#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/secret.hpp"
#include "core/text.hpp"
#include "schema/ini.hpp"

namespace tq {
namespace {

constexpr size_t kFileBytesMost = 1 << 20;

enum class Kind { kText, kNumber, kBoolean, kList };

struct Key {
  std::string_view name;
  Kind kind;
};
// Of the guide, then of the versions that came after it.
constexpr std::array<Key, 21> kKeys = {{
    {"url", Kind::kText},
    {"api_key", Kind::kText},
    {"secret_key", Kind::kText},
    {"secret_key_encrypted", Kind::kText},
    {"feed_retrieval_minutes", Kind::kNumber},
    {"listener_address", Kind::kText},
    {"listener_port", Kind::kNumber},
    {"sources", Kind::kList},
    {"ioc_types", Kind::kList},
    {"ioc_min_rating", Kind::kNumber},
    {"ioc_min_score", Kind::kNumber},
    {"ioc_grouping", Kind::kText},
    {"max_reports", Kind::kNumber},
    {"filtered_ips", Kind::kText},
    {"filtered_hosts", Kind::kText},
    {"filtered_hashes", Kind::kText},
    {"web_url", Kind::kText},
    {"https_proxy", Kind::kText},
    {"carbonblack_server_url", Kind::kText},
    {"carbonblack_server_token", Kind::kText},
    {"skip_cb_sync", Kind::kBoolean},
}};

const Key* find_key(std::string_view name) {
  for (const Key& key : kKeys)
    if (equal_no_case(key.name, name)) return &key;
  return nullptr;
}

Json value_of(Kind kind, const std::string& text) {
  if (kind == Kind::kNumber) {
    int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end ? Json(number) : Json(text);
  }
  if (kind == Kind::kBoolean) {
    // The bridge took the key alone for "yes".
    static const std::vector<std::string> kYes = {"", "t", "true", "1", "on", "yes"};
    return std::find(kYes.begin(), kYes.end(), to_lower(text)) != kYes.end();
  }
  if (kind == Kind::kList) return split_comma_text(text);
  return text;
}

class BridgeReader {
 public:
  explicit BridgeReader(const std::string& name) : name_(name) {}

  Result<BridgeIni> read(const std::vector<IniEntry>& entries) {
    for (const IniEntry& entry : entries) TQ_TRY(take(entry));
    if (!sources_.empty()) out_.config["sources"] = std::move(sources_);
    TQ_TRY(check_secret());
    return std::move(out_);
  }

 private:
  std::string at(size_t line) const { return name_ + ":" + std::to_string(line) + ": "; }
  Error wrong(size_t line, const std::string& what) const {
    return {Status::kConfig, at(line) + what};
  }

  Result<void> take(const IniEntry& entry) {
    const Key* key = find_key(entry.key);
    // Without a section of their own, keys may stand below the sources; those have paths.
    const bool source = equal_no_case(entry.section, "sources") &&
                        (key == nullptr || entry.value.rfind('/', 0) == 0);
    if (source) return take_source(entry);
    if (key == nullptr) {
      out_.warnings.push_back(at(entry.line) + "\"" + printable(entry.key, 60) +
                              "\" is not known here and has no effect");
      return {};
    }
    return take_key(*key, entry);
  }

  Result<void> take_key(const Key& key, const IniEntry& entry) {
    const std::string name(key.name);
    if (key.kind != Kind::kList && entry.value.find('\n') != std::string::npos)
      return wrong(entry.line, "the value of " + name +
                                   " goes on in the next line, because that begins with a blank");
    if (const auto [known, is_new] = out_.lines.emplace(name, entry.line); !is_new) {
      out_.warnings.push_back(at(entry.line) + name + " is also in line " +
                              std::to_string(known->second) + "; this one is used");
      known->second = entry.line;
    }
    std::string value = entry.value;
    std::replace(value.begin(), value.end(), '\n', ',');
    const bool all_owners = key.name == "sources" && value.find('*') != std::string::npos;
    if ((value.empty() && key.kind != Kind::kBoolean) || all_owners) {
      out_.config.erase(name);  // as if it were not there: its default applies
    } else {
      out_.config[name] = value_of(key.kind, value);
    }
    return {};
  }

  Result<void> take_source(const IniEntry& entry) {
    for (const auto& [tag, line] : tags_)
      if (equal_no_case(tag, entry.key))
        return wrong(entry.line, "the source \"" + printable(entry.key, 60) +
                                     "\" is also in line " + std::to_string(line) +
                                     "; give each a tag of its own");
    tags_.emplace_back(entry.key, entry.line);
    if (entry.value.empty() || entry.value.find('\n') != std::string::npos)
      return wrong(entry.line, "the source \"" + printable(entry.key, 60) +
                                   "\" needs a path on the same line, as "
                                   "/v1/indicators/?owner=Common%20Community");
    if (const size_t doubled = entry.value.find("%%"); doubled != std::string::npos) {
      const std::string found = printable(entry.value.substr(doubled, 4), 8);
      return wrong(entry.line, "source " + printable(entry.key, 60) + ": \"" + found +
                                   "\" should be \"" + found.substr(1) + "\"");
    }
    sources_.push_back({{"tag", entry.key}, {"path", entry.value}});
    return {};
  }

  Result<void> check_secret() {
    Json& config = out_.config;
    const bool plain = config.contains("secret_key");
    const bool encrypted = config.contains("secret_key_encrypted");
    std::vector<std::string> missing;
    if (!config.contains("api_key")) missing.emplace_back("api_key");
    if (!plain && !encrypted) missing.emplace_back("secret_key (or secret_key_encrypted)");
    if (!missing.empty())
      return Error{Status::kConfig, name_ + " is not complete, it has no " +
                                        join(missing, " and no ") +
                                        "; edit it before the connector is started"};
    if (plain && encrypted) {
      out_.warnings.push_back(at(out_.lines["secret_key_encrypted"]) +
                              "secret_key is used, secret_key_encrypted is not");
      config.erase("secret_key_encrypted");
      out_.lines.erase("secret_key_encrypted");
    }
    if (plain && config["api_key"] == config["secret_key"])
      return wrong(out_.lines["secret_key"],
                   "api_key and secret_key are the same; api_key is the access ID");
    return {};
  }

  const std::string& name_;
  BridgeIni out_;
  Json sources_ = Json::array();
  std::vector<std::pair<std::string, size_t>> tags_;
};

}  // namespace

Result<BridgeIni> parse_bridge_ini(std::string_view text, const std::string& name) {
  TQ_ASSIGN(const auto entries, parse_ini(text, name));
  return BridgeReader(name).read(entries);
}

Result<BridgeIni> read_bridge_ini(const std::filesystem::path& file) {
  TQ_ASSIGN(std::string text, read_text_file(file, kFileBytesMost));
  auto ini = parse_bridge_ini(text, file.string());
  wipe(text);  // it holds a secret
  return ini;
}

}  // namespace tq
