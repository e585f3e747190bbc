// SPDX-License-Identifier: Apache-2.0
#include "schema/form.hpp"

#include <gmock/gmock.h>

#include "core/file.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const PluginSchema> schema_of(const std::string& properties,
                                              const std::string& more = "") {
  auto schema = PluginSchema::parse(
      R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", )" + more +
          R"("additionalProperties": false, "properties": {)" + properties + "}}",
      "p.json");
  if (!schema) throw std::runtime_error(schema.error().message);
  return schema.take();
}

Form form_of(const std::string& properties, const std::string& more = "") {
  auto form = make_form(*schema_of(properties, more));
  if (!form) throw std::runtime_error(form.error().message);
  return form.take();
}

// One of each kind, as the plugins use them.
constexpr const char* kReputations = R"(
    "use_mapping": {"type": "boolean", "title": "Use TIE 2.1.1+ Mapping", "default": false, "x-order": 4},
    "epo_host": {"type": "string", "title": "ePO hostname or IP Address", "x-order": 1},
    "port": {"type": "integer", "title": "DXL Registration Port", "default": 8443, "minimum": 1, "maximum": 65535,
             "x-order": 2},
    "epo_password": {"type": "string", "title": "ePO Password", "writeOnly": true, "x-order": 3},
    "reputations": {"type": "array", "title": "Reputations", "x-order": 5, "x-group": "Filter",
                    "items": {"enum": ["Not Set", "Known Malicious", "Most Likely Malicious"]},
                    "default": ["Known Malicious", "Most Likely Malicious"]},
    "severity": {"type": ["integer", "string"], "enum": [1, 5, "from_score"], "default": 5,
                 "x-enum-labels": {"from_score": "From the score"}, "x-order": 6},
    "tags": {"type": "array", "x-comma": true, "items": {"type": "string"}, "default": ["a", "b"], "x-order": 7},
    "certificate": {"type": "string", "x-lines": 8, "x-renamed-from": ["cert", "pem"], "x-order": 8},
    "ratio": {"type": ["number", "null"], "default": null})";

TEST(MakeForm, HasAKindForEverySetting) {
  const Form form = form_of(kReputations, R"("required": ["epo_host"], )");
  std::vector<std::string> lines;
  for (const FormField& field : form.fields)
    lines.push_back(field.key + " " + std::string(field_kind_name(field.kind)) + " " +
                    dump_json(field.default_value) + (field.required ? " required" : "") +
                    (field.mask ? " mask" : ""));
  EXPECT_THAT(lines,
              ElementsAre("epo_host text null required", "port number 8443",
                          "epo_password password null mask", "use_mapping checkbox false",
                          R"(reputations multiselect ["Known Malicious","Most Likely Malicious"])",
                          R"(severity select "5")", R"(tags text "a, b")",
                          "certificate textarea null", "ratio number null"))
      << "by x-order, those without one last";
  EXPECT_EQ(form.find("severity")->options[2].label, "From the score");
  EXPECT_EQ(form.find("severity")->options[0].label, "1");
  EXPECT_EQ(form.find("reputations")->options.size(), 3u);
  EXPECT_EQ(form.find("reputations")->group, "Filter");
  EXPECT_EQ(form.find("certificate")->lines, 8);
  EXPECT_THAT(form.find("certificate")->renamed_from, ElementsAre("cert", "pem"));
  EXPECT_EQ(form.find("nothing"), nullptr);
}

TEST(MakeForm, FollowsReferences) {
  const Form form = form_of(R"("a": {"$ref": "#/definitions/port"})",
                            R"("definitions": {"port": {"type": "integer", "title": "Port"}}, )");
  EXPECT_EQ(form.fields.at(0).label, "Port");
  EXPECT_EQ(form.fields.at(0).kind, FieldKind::kNumber);
}

TEST(MakeForm, RefusesWhatHasNoPlaceInAForm) {
  for (const char* property :
       {R"({"type": "object"})", R"({"type": "object", "properties": {"b": {"type": "string"}}})",
        R"({"type": "array", "items": {"type": "object"}})"}) {
    const auto form = make_form(*schema_of(std::string(R"("deep": )") + property));
    ASSERT_FALSE(form) << property;
    EXPECT_EQ(form.error().status, Status::kConfig);
    EXPECT_THAT(form.error().message, HasSubstr("\"deep\""));
    EXPECT_THAT(form.error().message, HasSubstr("config_source"));
  }
}

TEST(FormDefinition, SaysEverythingOfAField) {
  const Form form = form_of(
      R"("mode": {"type": "string", "title": "Mode", "description": "How.", "enum": ["a"], "x-group": "G"},
         "pem": {"type": "string", "x-lines": 3})",
      R"("required": ["mode"], )");
  EXPECT_EQ(
      dump_json(form_definition(form)),
      R"({"mode":{"label":"Mode","kind":"select","required":true,"default":null,"help":"How.",)"
      R"("options":[{"value":"a","label":"a"}],"mask":false,"order":1,"group":"G"},)"
      R"("pem":{"label":"pem","kind":"textarea","required":false,"default":null,"help":"",)"
      R"("options":[],"mask":false,"order":2,"lines":3}})");
}

// What becomes of one value of the form; "-" when it counts as not set.
std::string taken(const std::string& key, const std::string& wire) {
  static const Form form = form_of(kReputations);
  const Json config = config_from_form(form, {{key, *parse_json(wire, "wire")}});
  return config.contains(key) ? dump_json(config[key]) : "-";
}

TEST(ConfigFromForm, ReadsEveryWireForm) {
  const struct {
    const char *key, *wire, *config;
  } table[] = {
      {"port", R"("8443")", "8443"},
      {"port", R"(" 8443 ")", "8443"},
      {"port", "8443", "8443"},
      {"port", "8443.0", "8443"},
      {"port", R"("84x")", R"("84x")"},
      {"port", R"("inf")", R"("inf")"},
      {"port", R"("")", "-"},
      {"ratio", R"("0.5")", "0.5"},
      {"ratio", R"("1e400")", R"("1e400")"},
      {"use_mapping", "true", "true"},
      {"use_mapping", "1", "true"},
      {"use_mapping", R"("1")", "true"},
      {"use_mapping", R"("Y")", "true"},
      {"use_mapping", R"("true")", "true"},
      {"use_mapping", R"("True")", "true"},
      {"use_mapping", R"("on")", "true"},
      {"use_mapping", "0", "false"},
      {"use_mapping", R"("N")", "false"},
      {"use_mapping", R"("False")", "false"},
      {"use_mapping", R"("off")", "false"},
      {"use_mapping", R"("perhaps")", R"("perhaps")"},
      {"use_mapping", R"("")", "false"},
      {"use_mapping", R"(" ")", "false"},
      {"use_mapping", "null", "-"},
      {"severity", R"("5")", "5"},
      {"severity", "5", "5"},
      {"severity", "5.0", "5"},
      {"severity", R"("from_score")", R"("from_score")"},
      {"severity", R"("FROM_SCORE")", R"("from_score")"},
      {"severity", R"("From the score")", R"("from_score")"},
      {"severity", R"("11")", R"("11")"},
      {"reputations", R"(["Not Set"])", R"(["Not Set"])"},
      {"reputations", R"("not set, KNOWN MALICIOUS")", R"(["Not Set","Known Malicious"])"},
      {"reputations", R"(["", "Unknown"])", R"(["Unknown"])"},
      {"reputations", "[]", "[]"},
      {"reputations", R"("")", "[]"},
      {"reputations", "null", "-"},
      {"tags", R"("a, b ,,a")", R"(["a","b"])"},
      {"tags", R"("\"a, b\", c")", R"(["a, b","c"])"},
      {"tags", R"(["a", "b"])", R"(["a","b"])"},
      {"tags", R"(" , ")", "-"},
      {"tags", "[]", "-"},
      {"tags", "7", R"(["7"])"},
      {"epo_host", R"(" epo.example ")", R"("epo.example")"},
      {"epo_host", "7", R"("7")"},
      {"epo_host", R"("  ")", "-"},
      {"epo_password", R"("********")", "-"},
      {"epo_password", R"(" * ")", "-"},
      {"epo_password", R"("\u2022\u2022")", "-"},
      {"epo_password", R"("***x")", R"("***x")"},
      {"epo_password", "12345678", R"("12345678")"},
      {"epo_password", R"(" blank ")", R"(" blank ")"},
      {"epo_password", R"("  ")", R"("  ")"},
      {"epo_password", R"("")", "-"},
      {"certificate", R"("a\nb\n")", R"("a\nb\n")"},
      {"certificate", "7", R"("7")"},
      {"cert", R"("an old name is moved by whoever keeps the record")", "-"},
      {"nothing", "1", "-"},
  };
  for (const auto& [key, wire, config] : table)
    EXPECT_EQ(taken(key, wire), config) << key << " " << wire;
}

TEST(FormValue, EntryWithACommaIsWrittenInQuotes) {
  const Form form = form_of(kReputations);
  EXPECT_EQ(form_value(*form.find("tags"), *parse_json(R"(["a, b","c"])", "config")),
            R"("a, b", c)");
}

TEST(FormValue, ComesBackAsItWas) {
  const Form form = form_of(kReputations);
  const std::pair<const char*, const char*> table[] = {
      {"port", "8443"},         {"use_mapping", "true"},
      {"severity", "5"},        {"reputations", R"(["Not Set"])"},
      {"tags", R"(["a","b"])"}, {"tags", R"(["a, b","c"])"},
      {"epo_host", R"("h")"}};
  for (const auto& [key, config] : table) {
    const Json value = form_value(*form.find(key), *parse_json(config, "config"));
    EXPECT_EQ(dump_json(config_from_form(form, {{key, value}})[key]), config) << dump_json(value);
  }
}

// CB-61: every field is checked by the schema, all errors at once, before any request.
TEST(ConfigFromForm, WhatCannotBeReadIsRefusedByTheSchemaAllAtOnce) {
  const auto text = read_file(std::filesystem::path(TQ_SCHEMAS) / "cb_edr.schema.json", 1 << 20);
  const auto schema = PluginSchema::parse(*text, "cb_edr.schema.json");
  ASSERT_TRUE(schema);
  const auto form = make_form(**schema);
  ASSERT_TRUE(form);
  const Json config = config_from_form(*form, {{"api_fqdn", "https://bad host/"},
                                               {"api_secret_key", "s"},
                                               {"api_id", "with blanks in it"},
                                               {"org_key", ""},
                                               {"data_collections", " , "},
                                               {"severity", "11"}});
  PluginSettings settings;
  std::string problems;
  for (const Problem& problem : (*schema)->apply(config, &settings))
    problems += problem.pointer + " " + problem.message + "\n";
  EXPECT_EQ(problems,
            R"(/api_fqdn is "bad host", but a host (NAME, NAME:PORT, [IPv6]:PORT or a URL) is needed
/api_id is "with blanks in it", but a text such as "ABCDEFGHIJ" is needed
/severity is "11", but one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 or "from_score" is needed
/org_key is missing: a text such as "ABCD1234" is needed, the Enterprise EDR Organization Key
/data_collections is missing: a list or comma-separated text such as ["High risk","Crimeware"] is needed, the Data Collection Names (Threat Library)
)");
}

TEST(RecordName, IsTheInstancesOwnUnlessItIsTheDefaultOne) {
  InstanceConfig instance;
  instance.name = "cb-edr";
  EXPECT_EQ(record_name_of(instance, "cb-edr", "VMware"), "VMware");
  instance.name = "cb-prod";
  EXPECT_EQ(record_name_of(instance, "cb-edr", "VMware"), "cb-prod");
  instance.record_name = "Old record";
  EXPECT_EQ(record_name_of(instance, "cb-edr", "VMware"), "Old record");
}

}  // namespace
}  // namespace tq
