// SPDX-License-Identifier: Apache-2.0
// ConfigTree: the host's configuration as one JSON tree from several sources, with the origin of
// each value. Built up by one thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

class ConfigTree {
 public:
  // The main file; instances.d/*.json beside it are read too. A missing file is a problem only if
  // it `must_exist`, and there is no instances.d/ either. Problems collect.
  void read_files(const std::filesystem::path& file, bool must_exist);

  // Sets a value from outside a file, making objects on the way. Does nothing where something else
  // than an object is in the way, which the schema will refuse.
  void set(const std::vector<std::string>& path, Json value, const std::string& origin);

  const Json& root() const { return root_; }
  // Empty: no file was read.
  const std::filesystem::path& main_file() const { return main_file_; }
  const std::vector<std::string>& problems() const { return problems_; }
  const std::map<std::string, std::string>& origins() const { return origins_; }

  // Of the value, or of the nearest one around it that has an origin.
  std::string origin(std::string_view pointer) const;
  // The file that holds the value; empty: it comes from elsewhere.
  std::filesystem::path file_of(std::string_view pointer) const;

 private:
  void read_main(const std::filesystem::path& file, bool must_exist);
  void read_instance(const std::filesystem::path& file);
  void add(const JsonDocument& document, const std::string& pointer);

  Json root_ = Json::object();
  std::filesystem::path main_file_;
  std::map<std::string, std::string> origins_;  // by JSON pointer
  std::map<std::string, std::filesystem::path> files_;
  std::vector<std::string> problems_;
};

}  // namespace tq
