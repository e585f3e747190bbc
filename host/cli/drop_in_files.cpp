// SPDX-License-Identifier: Apache-2.0
#include "cli/drop_in_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/secret.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMost = 4 << 20;
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

// For a line that a person is to type.
std::string shell_word(const fs::path& path) {
  std::string text = path.string();
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+,:@").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Of -c or -ll, as the option was given and as what it means.
struct Given {
  std::string option;
  fs::path path;             // absolute, without "/" at the end
  bool says_folder = false;  // "/" at the end
  fs::file_status status{};
};

Result<Given> look_at(std::string option, const std::string& text) {
  Given out;
  out.option = std::move(option);
  std::error_code error;
  const fs::path path = fs::absolute(text, error).lexically_normal();
  if (error)
    return Error{Status::kConfig,
                 "the current directory cannot be found out: " + error.message() + "; give -c"};
  out.says_folder = !path.has_filename() && path.has_relative_path();
  out.path = out.says_folder ? path.parent_path() : path;
  out.status = fs::status(out.path, error);
  return out;
}

// "-c: user alice cannot write /etc/tq_labs (Permission denied)".
Result<void> need_access(const Given& given, const fs::path& path, int mode) {
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) return {};
  const int number = errno;
  const std::string what = (mode & R_OK) == 0   ? "write"
                           : (mode & W_OK) == 0 ? "read"
                                                : "read and write";
  return Error{Status::kConfig, given.option + ": user " + user_name() + " cannot " + what + " " +
                                    path.string() + " (" + std::generic_category().message(number) +
                                    "); let this user, or give another place"};
}

// `instead`: what the option could name besides a folder.
Error missing_folder(const Given& given, const fs::path& folder, const std::string& instead) {
  return {Status::kConfig, given.option + ": there is no folder " + folder.string() +
                               "; type: mkdir -p " + shell_word(folder) + instead};
}

// A folder to put files into, which may be a link to one.
Result<void> need_folder(const Given& given, const fs::path& folder, int mode,
                         const std::string& instead = {}) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return missing_folder(given, folder, instead);
  // A folder above that is closed to the user looks like this.
  if (status.type() == fs::file_type::none) return need_access(given, folder, mode | X_OK);
  if (!fs::is_directory(status))
    return Error{Status::kConfig, given.option + ": " + folder.string() + " is no folder"};
  return need_access(given, folder, mode | X_OK);
}

// Whether the option means the file of this name, not a folder. What is not there yet is a file
// when its name says so.
bool means_file(const Given& given, bool name_of_file) {
  if (given.says_folder || fs::is_directory(given.status)) return false;
  return fs::exists(given.status) || name_of_file;
}

// An instance of ours has its state beside it.
bool has_state(const fs::path& file) {
  std::error_code ignored;
  return fs::is_directory(fs::path(file).replace_extension(".state"), ignored);
}

}  // namespace

Result<std::string> instance_of_name(const std::string& name) {
  std::string out;
  for (const char c : to_lower(name)) {
    const bool letter = kNameLetters.find(c) != std::string_view::npos;
    if (letter || (!out.empty() && (c == '.' || c == '_' || c == '-'))) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (name != out)  // what was put in, not what was written
    while (!out.empty() && out.back() == '-') out.pop_back();
  if (out.empty())
    return Error{Status::kConfig,
                 "-n \"" + printable(name, 60) + "\" has no letter a to z and no digit"};
  return out;
}

Result<ConfigSpot> find_config(const std::optional<std::string>& given,
                               const std::string& instance) {
  TQ_ASSIGN(const Given at, look_at("-c", given.value_or(".")));
  ConfigSpot out;
  out.named = means_file(at, at.path.extension() == ".json");
  out.folder = out.named ? at.path.parent_path() : at.path;
  out.file = out.named ? at.path : at.path / (instance + ".json");
  out.state_dir = out.folder / (out.file.stem().string() + ".state");
  TQ_TRY(need_folder(at, out.folder, R_OK | W_OK,
                     out.named ? "" : ", or name a file that ends in .json"));
  std::error_code error;
  const fs::file_status file = fs::status(out.file, error);
  if (fs::is_directory(file))
    return Error{Status::kConfig,
                 "-c: " + out.file.string() + " is a folder, but a file is needed there"};
  if (!fs::exists(file) && fs::is_symlink(fs::symlink_status(out.file, error)))
    return Error{Status::kConfig, "-c: " + out.file.string() +
                                      " is a link to a file that is not there; remove the link, or "
                                      "put the file there"};
  if (fs::exists(file)) TQ_TRY(need_access(at, out.file, R_OK | W_OK));
  return out;
}

Result<std::optional<fs::path>> find_log(const std::optional<std::string>& given,
                                         const std::string& instance) {
  if (!given || *given == "stdout") return std::optional<fs::path>();
  TQ_ASSIGN(const Given at, look_at("-ll", *given));
  const bool file = means_file(at, at.path.has_extension());
  if (!file) {
    TQ_TRY(need_folder(at, at.path, W_OK, ", or name a file that ends in .log"));
    const fs::path log = at.path / (instance + ".log");
    if (std::error_code error; fs::exists(log, error)) TQ_TRY(need_access(at, log, W_OK));
    return std::optional(log);
  }
  if (fs::exists(at.status)) {
    TQ_TRY(need_access(at, at.path, W_OK));
  } else {
    TQ_TRY(need_folder(at, at.path.parent_path(), W_OK));
  }
  return std::optional(at.path);
}

std::vector<std::string> other_names(const ConfigSpot& spot) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(spot.folder, error))
    if (entry.path().extension() == ".json" && has_state(entry.path()))
      out.push_back(printable(entry.path().stem().string()));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> foreign_files(const ConfigSpot& spot) {
  static constexpr std::array<std::string_view, 7> kEndings = {".conf", ".cfg",  ".ini", ".json",
                                                               ".toml", ".yaml", ".yml"};
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(spot.folder, error)) {
    const fs::path& path = entry.path();
    std::error_code ignored;
    if (path.filename().string().front() == '.' || !entry.is_regular_file(ignored) ||
        std::find(kEndings.begin(), kEndings.end(), path.extension()) == kEndings.end())
      continue;
    if (!has_state(path)) out.push_back(printable(path.filename().string()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<void> check_is_ours(const fs::path& file) {
  const auto foreign = [&](const std::string& why) {
    return Error{Status::kConfig,
                 file.string() + " is no configuration of tqhost and was not changed: " + why +
                     "; name another file or folder with -c, or move this one away"};
  };
  TQ_ASSIGN(std::string text, read_text_file(file, kFileBytesMost));
  const auto json = parse_json(text, file.string(), Comments::kAllow);
  wipe(text);  // it may hold secrets
  if (!json) return foreign(json.error().message);
  if (!json->is_object() || !json->contains("instances"))
    return foreign("there is no \"instances\" in it");
  return {};
}

}  // namespace tq
