// SPDX-License-Identifier: Apache-2.0
// SettingsList: the settings that a schema describes, one by one, in the order in which people see
// them. What is printed about settings (tables, environment names, completion) starts from it.
// Values; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"

namespace tq {

struct Setting {
  std::vector<std::string> path;  // of keys: {"threatq", "host"}
  const Json* schema = nullptr;   // behind its references; lives as long as the schema's root
  bool required = false;          // in the object that it stands in
  std::string group;              // x-group, else the title of the object that it stands in
};

// The members of `object` that hold one value or a list, by x-order, else as they are written;
// objects by their members.
std::vector<Setting> list_settings(const Json& root, const Json& object);

std::string dotted(const Setting& setting);  // "threatq.host"
std::string title_of(const Setting& setting);

// Settings of the host file, and of one entry of its "instances". Instances and their plugins'
// settings are not in the lists.
std::vector<Setting> list_host_settings(const Json& host_schema);
std::vector<Setting> list_instance_settings(const Json& host_schema);

// The environment variable of a setting: "TQHOST_THREATQ_HOST",
// "TQHOST_INSTANCE_CB_EDR_SCHEDULE", "TQHOST_INSTANCE_CB_EDR_CONFIG_API_ID". Empty for what has
// none: the instance's name, what lies deeper in a plugin's settings than a variable can say, and
// lists that are not written as text. `instance` is a name, or "<NAME>".
std::string host_variable(const Setting& setting);
std::string instance_variable(const std::string& instance, const Setting& setting);
std::string plugin_variable(const std::string& instance, const Setting& setting);

// As people write a value in a form or a variable: lists as comma text, text without quotes.
std::string plain_text(const Json& value);

}  // namespace tq
