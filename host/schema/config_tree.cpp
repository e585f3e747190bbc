// SPDX-License-Identifier: Apache-2.0
#include "schema/config_tree.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/secret.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

constexpr size_t kFileBytesMost = 4 << 20;

Result<JsonDocument> read_document(const std::filesystem::path& file) {
  TQ_ASSIGN(std::string text, read_text_file(file, kFileBytesMost));
  auto document = parse_json_document(text, file.string(), Comments::kAllow);
  wipe(text);  // it may hold secrets
  return document;
}

// "/a/b" -> "/a"; "" stays.
std::string_view parent_of(std::string_view pointer) {
  return pointer.substr(
      0, pointer.find_last_of('/') == std::string_view::npos ? 0 : pointer.find_last_of('/'));
}

// The value at the pointer or at the nearest one around it.
template <typename T>
T nearest_above(const std::map<std::string, T>& map, std::string_view pointer) {
  while (true) {
    const auto found = map.find(std::string(pointer));
    if (found != map.end()) return found->second;
    if (pointer.empty()) return {};
    pointer = parent_of(pointer);
  }
}

}  // namespace

void ConfigTree::read_files(const std::filesystem::path& file, bool must_exist) {
  const std::filesystem::path folder = file.parent_path() / "instances.d";
  std::error_code error;
  read_main(file, must_exist && !std::filesystem::is_directory(folder, error));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".json" && entry.path().filename().string().front() != '.')
      files.push_back(entry.path());
  if (error && error != std::errc::no_such_file_or_directory)
    problems_.push_back("cannot read the folder " + folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  for (const auto& one : files) read_instance(one);
}

void ConfigTree::read_main(const std::filesystem::path& file, bool must_exist) {
  std::error_code error;
  if (!must_exist &&
      std::filesystem::status(file, error).type() == std::filesystem::file_type::not_found)
    return;
  main_file_ = file;
  files_[""] = file;
  origins_[""] = file.string();
  auto document = read_document(file);
  if (!document) {
    problems_.push_back(document.error().message);
  } else {
    add(*document, "");
    root_ = std::move(document->root);
  }
}

void ConfigTree::read_instance(const std::filesystem::path& file) {
  auto document = read_document(file);
  if (!document) {
    problems_.push_back(document.error().message);
    return;
  }
  Json& instance = document->root;
  const std::string name = file.stem().string();
  if (!instance.is_object()) {
    problems_.push_back(document->place("") + ": is " + found_words(instance, false) +
                        ", but one instance, an object, is needed");
    return;
  }
  if (const auto own = instance.find("name"); own != instance.end() && *own != name) {
    problems_.push_back(document->place("/name") + ": /name is " + found_words(*own, false) +
                        ", but the file's name makes it " + in_quotes(name));
    return;
  }
  instance["name"] = name;
  if (!root_.is_object()) return;  // refused anyway
  Json& instances = root_["instances"];
  if (instances.is_null()) instances = Json::array();
  if (!instances.is_array()) return;
  const std::string pointer = "/instances/" + std::to_string(instances.size());
  files_[pointer] = file;
  add(*document, pointer);
  instances.push_back(std::move(instance));
}

void ConfigTree::add(const JsonDocument& document, const std::string& pointer) {
  for (const auto& [at, line] : document.lines) origins_[pointer + at] = document.place(at);
}

void ConfigTree::set(const std::vector<std::string>& path, Json value, const std::string& origin) {
  Json* at = &root_;
  std::string pointer;
  for (const std::string& step : path) {
    pointer = pointer_join(pointer, step);
    if (at->is_array()) {
      const size_t index = std::strtoul(step.c_str(), nullptr, 10);
      if (index >= at->size()) return;
      at = &(*at)[index];
    } else {
      if (at->is_null()) *at = Json::object();
      if (!at->is_object()) return;
      at = &(*at)[step];
    }
  }
  *at = std::move(value);
  // What the old value consisted of has no origin any more.
  std::erase_if(origins_,
                [&](const auto& known) { return known.first.rfind(pointer + "/", 0) == 0; });
  origins_[pointer] = origin;
  files_[pointer] = std::filesystem::path();
}

std::string ConfigTree::origin(std::string_view pointer) const {
  return nearest_above(origins_, pointer);
}

std::filesystem::path ConfigTree::file_of(std::string_view pointer) const {
  return nearest_above(files_, pointer);
}

}  // namespace tq
