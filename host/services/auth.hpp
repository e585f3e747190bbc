// SPDX-License-Identifier: Apache-2.0
// Auth: one auth entry of a manifest with the instance's values filled in; makes the headers of
// each attempt. Only the manifest is a template: values are put in as they are. Immutable; any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "load/auth_template.hpp"
#include "load/manifest.hpp"
#include "net/http.hpp"

namespace tq {

// Where the values behind pointers come from.
struct AuthValues {
  const Json& settings;
  const std::map<std::string, Secret>& secrets;  // JSON pointer -> text

  // Texts as they are, numbers and booleans as JSON writes them. E_CONFIG with the field: not set.
  Result<Secret> text(const std::string& pointer) const;
};

// What is exact only at the attempt.
struct Attempt {
  std::string_view method, target;
  int64_t unix_s = 0;
};

// A template of the manifest with its values.
class Template {
 public:
  // E_CONFIG: the template is malformed; with a field: a setting is missing, or cannot stand in a
  // header.
  static Result<Template> fill(std::string_view text, const AuthValues& values);

  std::string evaluate(const Attempt& attempt) const;

 private:
  explicit Template(std::vector<TemplatePart> parts) : parts_(std::move(parts)) {}
  void append(const std::vector<TemplatePart>& parts, const Attempt& attempt,
              std::string* out) const;

  std::vector<TemplatePart> parts_;
  std::map<std::string, Secret> values_{};  // JSON pointer -> text
};

class Auth {
 public:
  // `name` for messages. Fails as Template::fill() does.
  static Result<std::shared_ptr<const Auth>> fill(const std::string& name, const AuthEntry& entry,
                                                  const AuthValues& values);

  bool sets(std::string_view header) const;  // any letter case
  void authorize(const Attempt& attempt, Headers* headers) const;

 private:
  std::vector<std::pair<std::string, Template>> headers_;
  Secret basic_;  // the Authorization header, or empty
};

}  // namespace tq
