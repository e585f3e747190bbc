// SPDX-License-Identifier: Apache-2.0
#include "schema/key_file.hpp"

#include <string>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/seal.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"
#include "schema/secret_ref.hpp"

namespace tq {
namespace {

constexpr size_t kKeyFileBytesMost = 64 * 1024;
constexpr std::string_view kMark = "tqhost-key-1 ";

Result<std::vector<Secret>> parse(std::string_view text, const std::string& name) {
  std::vector<Secret> keys;
  for (size_t line_number = 1; !text.empty(); ++line_number) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    std::optional<Secret> key;
    if (line.rfind(kMark, 0) == 0) key = seal_key_from(line.substr(kMark.size()));
    if (!key)
      return Error{Status::kConfig,
                   name + ":" + std::to_string(line_number) +
                       " is no key: a line is \"tqhost-key-1 \" and the base64 of 32 bytes; "
                       "restore the file from a backup"};
    keys.push_back(std::move(*key));
  }
  if (keys.empty())
    return Error{Status::kConfig, name +
                                      " holds no key; restore it from a backup, or remove it if "
                                      "no secret was ever set"};
  return keys;
}

}  // namespace

Result<std::vector<Secret>> read_key_file(const std::filesystem::path& file, KeyKeeper keeper) {
  if (keeper == KeyKeeper::kFile) TQ_TRY(check_private(file, "holds the key of secrets at rest"));
  TQ_ASSIGN(std::string text, read_text_file(file, kKeyFileBytesMost));
  auto keys = parse(cut_ends(text), file.string());
  wipe(text);
  return keys;
}

Result<void> write_key_file(const std::filesystem::path& file, const std::vector<Secret>& keys) {
  TQ_TRY(make_own_folder(file.parent_path()));
  std::string text;
  text.reserve(keys.size() * 64);  // no copy is left behind by growing
  for (const Secret& key : keys) {
    text += kMark;
    text += seal_key_text(key).reveal();
    text += '\n';
  }
  auto written = replace_by_draft(file, text);
  wipe(text);
  return written;
}

}  // namespace tq
