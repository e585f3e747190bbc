// SPDX-License-Identifier: Apache-2.0
// ConfigureSubject: what `configure` is about: one instance of one plugin, the file that it is
// written to, and what stands there from an earlier time. A value; one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "schema/form.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {

struct ConfigureSubject {
  std::string instance;
  bool drop_in = false;
  FoundPlugin plugin;
  std::shared_ptr<const PluginSchema> schema;
  Form form;
  std::filesystem::path file;  // instances.d/<name>.json, or the whole host file of a drop-in name
  Json earlier;                // the instance as an earlier `configure` wrote it, or null

  bool known() const { return !earlier.is_null(); }
  bool uses_threatq() const;
};

// By the rules that every configuration is read with. E_CONFIG.
Result<void> check_instance_name(const std::string& name);

// E_CONFIG: the instance's name cannot be one, or nothing can be written where its file is to be.
// Writes nothing.
Result<void> check_place(const ConfigSources& sources, const ConfigureOptions& options);

// E_CONFIG: there is no such plugin, or a person wrote the instance's file. Writes nothing.
// REQUIRES: check_place() was good.
Result<ConfigureSubject> find_subject(const CommandContext& context, const HostConfig& config,
                                      const ConfigureOptions& options);

}  // namespace tq
