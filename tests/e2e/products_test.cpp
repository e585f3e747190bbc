// SPDX-License-Identifier: Apache-2.0
// One schema, many products (P8): what `tqhost schema` prints, the files that were made by it, and
// completion in a real shell.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Products : public testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = std::make_unique<Site>(); }
  static void TearDownTestSuite() { site_.reset(); }

  static std::string schema(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"schema"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ended ended = site_->tqhost(command);
    EXPECT_EQ(ended.exit_status, 0) << ended.err;
    return ended.out;
  }

  // `file` is what the command prints, byte for byte.
  static void expect_file(const std::string& file, const std::vector<std::string>& arguments) {
    std::string command = "tqhost schema";
    for (const std::string& argument : arguments) command += " " + argument;
    EXPECT_EQ(read_text(std::filesystem::path(TQ_SOURCE_DIR) / file), schema(arguments))
        << file << " is not what the schema says. Write it anew: " << command << " > " << file;
  }

  // What bash offers after these words; the last one is being typed. The name of the program and
  // the site's configuration go before them.
  static std::string completed(const std::vector<std::string>& words) {
    const std::string script = (site_->folder() / "completion.bash").string();
    std::ofstream(script) << schema({"cb_edr", "--format", "completion"});
    std::vector<std::string> command = {
        "/bin/bash", "-c",
        "source \"$1\" && shift && COMP_WORDS=(\"$@\") && COMP_CWORD=$(($# - 1)) && _tqhost && "
        "echo \"${COMPREPLY[*]}\"",
        "bash", script};
    for (const std::string& word : site_->command(words)) command.push_back(word);
    const Ended ended = run_program(command);
    EXPECT_EQ(ended.err, "");
    return ended.out.substr(0, ended.out.find('\n'));
  }

  static std::unique_ptr<Site> site_;
};
std::unique_ptr<Site> Products::site_;

// CB-11, P8
TEST_F(Products, PagesOfSettingsAreThoseOfTheSchemas) {
  expect_file("docs/settings/cb_edr.md", {"cb_edr", "--format", "markdown"});
  expect_file("docs/settings/host.md", {"host", "--format", "markdown"});
}

// CB-34 to CB-41: the guide's fields with their order, labels, help, defaults and masks.
TEST_F(Products, TheFormIsTheGuides) {
  expect_file("tests/golden/cb_edr.form.json", {"cb_edr", "--format", "threatq-ui"});
  const Json form = Json::parse(schema({"cb_edr", "--format", "threatq-ui"}));
  const std::vector<std::pair<std::string, std::string>> guide = {
      {"Enterprise EDR API FQDN", "The FQDN to access Enterprise EDR's API."},
      {"Enterprise EDR API Secret Key", "Your Enterprise EDR API Secret Key for authentication."},
      {"Enterprise EDR API ID", "Your Enterprise EDR API ID for authentication."},
      {"Enterprise EDR Organization Key",
       "Your Enterprise EDR Organization Key for authentication."},
      {"Data Collection Names (Threat Library)",
       "A comma-separated list of Threat Library collection names you want to export."},
      {"Report Tags",
       "A comma-separated list of tags to add to the reports. The tags will be added to each "
       "report."},
      {"ThreatQ Hostname or IP Address",
       "This is the hostname or IP address of your ThreatQ instance in order to link back to it. "
       "This is typically the domain/IP that can be viewed in your browser's URL bar."}};
  auto field = form.begin();
  for (const auto& [label, help] : guide) {
    ASSERT_NE(field, form.end());
    EXPECT_EQ(field->at("label"), label);
    EXPECT_EQ(field->at("help").get<std::string>().rfind(help, 0), 0u) << label;
    EXPECT_EQ(field->at("mask"), label == "Enterprise EDR API Secret Key");
    ++field;
  }
  EXPECT_EQ(form.at("api_fqdn").at("default"), "defense.conferdeploy.net");
}

TEST_F(Products, EnvironmentFilesNameEveryVariable) {
  EXPECT_THAT(
      schema({"cb_edr", "--format", "env"}),
      AllOf(HasSubstr("\n#TQHOST_INSTANCE_CB_EDR_CONFIG_API_FQDN=defense.conferdeploy.net\n"),
            HasSubstr("\n#TQHOST_INSTANCE_CB_EDR_DEFAULT_STATUS=Review\n")));
  EXPECT_THAT(schema({"host", "--format", "env"}), HasSubstr("\n#TQHOST_LIMITS_RUN_MINUTES=120\n"));
}

TEST_F(Products, TheHostFilesSchemaIsOneOfThem) {
  EXPECT_EQ(Json::parse(schema({"host"})).at("title"), "tqhost");
  const Ended form = site_->tqhost({"schema", "host", "--format", "threatq-ui"});
  EXPECT_EQ(form.exit_status, 2);
  EXPECT_THAT(form.err, HasSubstr("the host file has no form in ThreatQ"));
}

TEST_F(Products, BashCompletesCommandsOptionsAndChoices) {
  EXPECT_EQ(completed({"sta"}), "status start state");
  EXPECT_EQ(completed({"state", ""}), "ls get export import backup reset");
  EXPECT_EQ(completed({"state", "reset", "--y"}), "--yes");
  EXPECT_EQ(completed({"schema", "cb_edr", "--format", "m"}), "markdown");
  EXPECT_EQ(completed({"schema", "cb_edr", "--shell", "=", ""}), "bash zsh fish");
  EXPECT_EQ(completed({"--log-level", "=", "w"}), "warning");
  EXPECT_EQ(completed({"complet"}), "") << "what the help does not show is not offered";
}

TEST_F(Products, BashCompletesPluginsInstancesAndKeys) {
  EXPECT_EQ(completed({"run-once", ""}), "cb-prod");
  EXPECT_EQ(completed({"run-once", "cb-prod", "cb"}), "cb-prod");
  EXPECT_EQ(completed({"state", "ls", "cb-prod", ""}), "") << "it takes one";
  EXPECT_EQ(completed({"describe", ""}), "cb_edr");
  EXPECT_EQ(completed({"configure", "new", "--plugin", ""}), "cb_edr");
  EXPECT_EQ(completed({"configure", "new", "--set", "config.api_"}),
            "config.api_fqdn= config.api_id=")
      << "a secret is never offered for a command line";
  EXPECT_EQ(completed({"configure", "new", "--set", "threatq.c"}),
            "threatq.client_id= threatq.ca_file=");
  EXPECT_EQ(completed({"configure", "new", "--set", "config.api_id", "=", "X"}), "");
  EXPECT_EQ(completed({"configure", "new", "--set", "config.api_id", "=", "X", "--fr"}), "--from");
}

TEST_F(Products, BashCompletesFiles) {
  const std::string stem = (site_->folder() / "tqhost.js").string();
  EXPECT_EQ(completed({"state", "import", "cb-prod", stem}), stem + "on");
  EXPECT_EQ(completed({"configure", "new", "--from", stem}), stem + "on");
}

TEST_F(Products, CompletionIsSilentWhenThereIsTrouble) {
  const Ended ended =
      site_->tqhost({"complete", "instances"}, {{"TQHOST_LIMITS_RUN_MINUTES", "soon"}});
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.out + ended.err, "");
}

// There need be no zsh and no fish here: the shape only.
TEST_F(Products, ZshAndFishGetTheSame) {
  const std::string zsh = schema({"cb_edr", "--format", "completion", "--shell", "zsh"});
  EXPECT_EQ(zsh.rfind("#compdef tqhost\n", 0), 0u);
  for (const char* part : {"'ls:its keys, with the size of each value'", "'config.api_fqdn'",
                           "'--config:the host'\\''s configuration file'",
                           "'|--log-level') wanted='choice debug info warning error' ;;"})
    EXPECT_THAT(zsh, HasSubstr(part));
  const std::string fish = schema({"cb_edr", "--format", "completion", "--shell", "fish"});
  for (const char* part :
       {"complete -c tqhost -n '__tqhost_at \"state\"' -a ls -d 'its keys, with the size of each "
        "value'\n",
        "complete -c tqhost -n '__tqhost_at \"run-once\"' -a '(__tqhost_words instances)'\n",
        "-l set -d 'a value, instead of a prompt; repeatable' -x -a 'schedule= ",
        "-l plugin -d 'the plugin\\'s id; for a new instance' -x -a '(__tqhost_words plugins)'\n"})
    EXPECT_THAT(fish, HasSubstr(part));
  for (const std::string& script : {zsh, fish}) EXPECT_THAT(script, Not(HasSubstr("api_secret")));
}

}  // namespace
}  // namespace e2e
