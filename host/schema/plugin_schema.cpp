// SPDX-License-Identifier: Apache-2.0
#include "schema/plugin_schema.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "schema/embedded.hpp"
#include "schema/normalise.hpp"
#include "schema/subschema.hpp"
#include "schema/validator.hpp"
#include "schema/walk.hpp"

namespace tq {
namespace {

constexpr const char* kDraft7 = "http://json-schema.org/draft-07/schema#";
constexpr int kDeepestSettings = 32;

// Our words for what the judge refuses, and what it does not look at.
std::vector<Problem> check(const Json& schema, const Validator& judge, const Json& value) {
  const Walk seen = walk(schema, schema, value, "");
  const std::vector<Problem> refused =
      seen.choked ? std::vector<Problem>{{"", "holds a text that is too long to be checked"}}
                  : judge.validate(value);
  std::vector<Problem> problems;
  for (const Finding& finding : seen.findings)
    if (finding.beyond_schema || !refused.empty()) problems.push_back(finding.problem);
  return problems.empty() ? refused : problems;
}

std::vector<std::string> known_keywords(const Json& meta) {
  std::vector<std::string> known;
  if (const Json* properties = keyword(meta, "properties"))
    for (const auto& [name, member] : properties->items())
      if (name.rfind("x-", 0) == 0) known.push_back(name);
  return known;
}

void find_secrets(const Json& root, const Json& schema_or_ref, const std::string& at, int deep,
                  std::vector<std::string>* out) {
  const Json* schema = follow_ref(root, schema_or_ref);
  if (schema == nullptr || deep == 0) return;
  if (flag(*schema, "writeOnly")) out->push_back(at);
  if (const Json* properties = keyword(*schema, "properties"))
    for (const auto& [key, property] : properties->items())
      find_secrets(root, property, pointer_join(at, key), deep - 1, out);
}

class DraftSchema : public PluginSchema {
 public:
  DraftSchema(Json json, std::unique_ptr<const Validator> judge)
      : json_(std::move(json)), judge_(std::move(judge)) {}

  std::vector<Problem> apply(const Json& config, PluginSettings* out) const override {
    *out = {};
    out->values = config.is_null() ? Json::object() : config;
    std::vector<Problem> problems = normalise(json_, out);
    for (Problem& problem : check(json_, *judge_, out->values))
      problems.push_back(std::move(problem));
    return problems;
  }

  const Json& json() const override { return json_; }

  std::vector<std::string> secret_pointers() const override {
    std::vector<std::string> out;
    find_secrets(json_, json_, "", kDeepestSettings, &out);
    return out;
  }

 private:
  Json json_;
  std::unique_ptr<const Validator> judge_;
};

std::vector<std::string> defects_by_meta_schema(const Json& schema, const Json& meta,
                                                const Validator& judge) {
  std::vector<std::string> defects;
  for (const Problem& problem : check(meta, judge, schema))
    defects.push_back((problem.pointer.empty() ? "the schema" : problem.pointer) + " " +
                      problem.message);
  return defects;
}

// A default that its own schema refuses would be told to users as their mistake.
std::vector<std::string> bad_defaults(const Json& root) {
  std::vector<std::string> defects;
  for_each_subschema(root, "", [&](const Json& schema, const std::string& at) {
    if (const Json* fallback = keyword(schema, "default"))
      for (const Finding& finding : walk(root, schema, *fallback, at + "/default").findings)
        defects.push_back(finding.problem.pointer + " " + finding.problem.message);
  });
  return defects;
}

Error refusal(std::string_view name, const std::vector<std::string>& defects) {
  std::vector<std::string> lines;
  lines.reserve(defects.size());
  for (const std::string& defect : defects) lines.push_back(std::string(name) + ": " + defect);
  return {Status::kConfig, join(lines, "\n")};
}

// Of a schema that is known to be sound.
Result<std::shared_ptr<const PluginSchema>> with_judge(Json schema, std::string_view name) {
  TQ_ASSIGN(auto judge, Validator::create(schema, name));
  return std::shared_ptr<const PluginSchema>(
      std::make_shared<DraftSchema>(std::move(schema), std::move(judge)));
}

}  // namespace

Result<std::shared_ptr<const PluginSchema>> PluginSchema::parse(std::string_view schema_json,
                                                                std::string_view name) {
  TQ_ASSIGN(Json schema, parse_json(schema_json, name));
  if (!schema.is_object()) return refusal(name, {"the schema is no JSON object"});
  TQ_ASSIGN(const Json meta, parse_json(meta_schema_text(), "meta.schema.json"));
  TQ_ASSIGN(const auto meta_judge, Validator::create(meta, "meta.schema.json"));

  // Shape first: what follows relies on it.
  std::vector<std::string> defects = defects_by_meta_schema(schema, meta, *meta_judge);
  if (text_at(schema, "$schema") != kDraft7)
    defects.push_back(std::string("$schema must be ") + kDraft7);
  if (!defects.empty()) return refusal(name, defects);
  defects = schema_defects(schema, known_keywords(meta));
  if (defects.empty()) defects = bad_defaults(schema);
  if (!defects.empty()) return refusal(name, defects);

  return with_judge(std::move(schema), name);
}

// Ours is known to be sound (a test reads it by parse()), and every process reads it.
Result<std::shared_ptr<const PluginSchema>> PluginSchema::of_host() {
  TQ_ASSIGN(Json schema, parse_json(host_schema_text(), "host.schema.json"));
  return with_judge(std::move(schema), "host.schema.json");
}

}  // namespace tq
