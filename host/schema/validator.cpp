// SPDX-License-Identifier: Apache-2.0
#include "schema/validator.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include <algorithm>

#include "schema/subschema.hpp"

namespace tq {
namespace {

using Plain = nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// valijson knows nothing of references to secrets: next to what a secret's schema says, an object
// is allowed.
Json with_references(const Json& schema) {
  Json out = schema;
  std::vector<std::string> secrets;
  for_each_subschema(schema, "", [&](const Json& inner, const std::string& pointer) {
    if (flag(inner, "writeOnly")) secrets.push_back(pointer);
  });
  // The inner ones first: wrapping one moves what is inside.
  std::reverse(secrets.begin(), secrets.end());
  for (const std::string& pointer : secrets) {
    Json& place = out[Json::json_pointer(pointer)];
    Json inner = std::move(place);
    place = {{"anyOf", Json::array({Json{{"type", "object"}}, std::move(inner)})}};
  }
  return out;
}

std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (const std::string& step : context)
    if (step.size() > 2 && step.front() == '[')
      pointer = pointer_join(pointer, step.substr(1, step.size() - 2));
  return pointer;
}

class ValijsonValidator : public Validator {
 public:
  explicit ValijsonValidator(const Json& schema) {
    const Plain plain(with_references(schema));
    valijson::SchemaParser parser;
    parser.populateSchema(NlohmannJsonAdapter(plain), schema_);
  }

  std::vector<Problem> validate(const Json& value) const override {
    const Plain plain(value);
    valijson::ValidationResults results;
    try {
      valijson::Validator validator;
      if (validator.validate(schema_, NlohmannJsonAdapter(plain), &results)) return {};
    } catch (const std::exception&) {
      // A pattern that is too complex for a text.
      return {{"", "cannot be checked"}};
    }
    // Each failure is repeated, vaguer, by every level above it.
    std::vector<Problem> problems;
    size_t deepest = 0;
    for (const auto& error : results) {
      if (error.context.size() < deepest) continue;
      if (error.context.size() > deepest) problems.clear();
      deepest = error.context.size();
      problems.push_back({pointer_of(error.context), "is not valid: " + error.description});
    }
    if (problems.empty()) problems.push_back({"", "is not valid"});
    return problems;
  }

 private:
  valijson::Schema schema_;
};

}  // namespace

Result<std::unique_ptr<const Validator>> Validator::create(const Json& schema,
                                                           std::string_view name) {
  try {
    return std::unique_ptr<const Validator>(std::make_unique<ValijsonValidator>(schema));
  } catch (const std::exception& error) {
    return Error{Status::kConfig, std::string(name) + " is no draft-07 schema: " + error.what()};
  }
}

}  // namespace tq
