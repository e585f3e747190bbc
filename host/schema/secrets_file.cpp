// SPDX-License-Identifier: Apache-2.0
#include "schema/secrets_file.hpp"

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace tq {
namespace {

constexpr int kFormat = 1;
constexpr int kNamesApart = 2;  // of "names"; missing in older files
constexpr size_t kNameBytesMost = 200;
constexpr size_t kSecretsFileBytesMost = 64 * 1024 * 1024;

Error damaged(const std::string& what) {
  return {Status::kConfig, what +
                               "; restore the file from a backup, or remove it and set every "
                               "secret again: tqhost secret set NAME"};
}

bool is_text(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string();
}

}  // namespace

Result<void> check_secret_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";
  if (!name.empty() && name.size() <= kNameBytesMost &&
      name.find_first_not_of(kLetters) == std::string_view::npos)
    return {};
  return Error{Status::kConfig,
               "\"" + printable(name) +
                   "\" is no name of a secret; 1 to 200 letters (A-Z, a-z), digits, \".\", \"_\", "
                   "\"/\" and \"-\" are allowed"};
}

std::string secret_context(std::string_view name) {
  std::string context("secret");
  context += '\0';
  context += name;
  return context;
}

Result<SecretsFile> read_secrets_file(const std::filesystem::path& file) {
  SecretsFile out;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return out;
  TQ_ASSIGN(const std::string text, read_file(file, kSecretsFileBytesMost));
  const auto json = parse_json(text, file.string());
  if (!json) return damaged(json.error().message);
  const auto not_as_known = [&](const std::string& why) {
    return damaged(file.string() + " is damaged: " + why);
  };
  if (!json->is_object() || !json->contains("format") || !(*json)["format"].is_number_integer())
    return not_as_known("it names no format");
  if ((*json)["format"] != kFormat)
    return Error{Status::kConfig, file.string() + " has format " + dump_json((*json)["format"]) +
                                      ", and this version of tqhost knows format 1; use the "
                                      "version that wrote it, or a newer one"};
  if (!is_text(*json, "key_id") || !json->contains("secrets") || !(*json)["secrets"].is_object())
    return not_as_known("\"key_id\" or \"secrets\" is missing");
  out.key_id = text_at(*json, "key_id");
  for (const auto& [name, secret] : (*json)["secrets"].items()) {
    if (!check_secret_name(name)) return not_as_known("it has a secret whose name is none");
    if (!secret.is_object() || !is_text(secret, "sealed"))
      return not_as_known("the secret \"" + name + "\" has no sealed text");
    out.secrets[name] = {text_at(secret, "sealed"), text_at(secret, "set_at")};
  }
  const auto names = json->find("names");
  out.own_names_apart = names != json->end() && *names == kNamesApart;
  if (const auto again = json->find("set_again"); again != json->end() && again->is_array())
    for (const Json& name : *again)
      if (name.is_string()) out.set_again.insert(name.get<std::string>());
  return out;
}

Result<void> write_secrets_file(const std::filesystem::path& file, const SecretsFile& secrets) {
  Json json = {{"format", kFormat},
               {"names", kNamesApart},
               {"key_id", secrets.key_id},
               {"secrets", Json::object()}};
  if (!secrets.set_again.empty()) json["set_again"] = Json(secrets.set_again);
  for (const auto& [name, secret] : secrets.secrets)
    json["secrets"][name] = {{"sealed", secret.sealed}, {"set_at", secret.set_at}};
  return replace_by_draft(file, pretty_json(json));
}

}  // namespace tq
