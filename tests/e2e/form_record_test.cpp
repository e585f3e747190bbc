// SPDX-License-Identifier: Apache-2.0
// The record behind a form, when ThreatQ or people treat it in ways that nobody hoped for.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "e2e/form_site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FormRecord : public Formed {
 protected:
  void SetUp() override {
    fill_in_and_switch_on();
    ASSERT_EQ(run().exit_status, 0) << site_.log("cb-edr");
  }
  // As a version of the plugin left it whose form looked different.
  void age_the_label() {
    Json fields = records().at(0).at("custom_fields");
    fields["report_tags"]["label"] = "Tags";
    overwrite(fields);
  }
  void overwrite(const Json& fields) {
    site_.threatq().change(
        Json{{"connector", {{"name", kRecord}, {"record", {{"custom_fields", fields}}}}}}.dump());
  }
  void remove() {
    site_.threatq().change(Json{{"connector", {{"name", kRecord}, {"delete", true}}}}.dump());
  }
  std::string secret_in_threatq() {
    return records().at(0).at("custom_fields").at("api_secret_key").at("value");
  }
  ino_t kept_form() {
    struct stat status {};
    EXPECT_EQ(::stat((site_.state() / "cb-edr" / "form.sealed").c_str(), &status), 0);
    return status.st_ino;
  }
};

TEST_F(FormRecord, ThatWasDeletedIsAnErrorAndNotANewOne) {
  remove();
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.err, HasSubstr("no longer has the connector record"));
  EXPECT_THAT(ended.err, HasSubstr("run tqhost configure cb-edr to make a new one"));
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(site_.run_record("cb-edr").at("state"), "needs_attention");
  EXPECT_EQ(site_.tqhost({"check", "cb-edr"}).exit_status, 2);
}

TEST_F(FormRecord, OfAnotherNameInTheFileIsANewOne) {
  site_.instance()["record_name"] = "Another export";
  site_.write_config();
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("is disabled in ThreatQ"));
  EXPECT_THAT(site_.log("cb-edr"), HasSubstr("the instance used another record before"));
  EXPECT_EQ(records().size(), 2u);
  // Back again, and the old one is as it was.
  site_.instance().erase("record_name");
  site_.write_config();
  EXPECT_THAT(run().out, HasSubstr("done:"));
}

TEST_F(FormRecord, ThatMayNotBeChangedIsUsedAsItIs) {
  age_the_label();
  edit({{"report_tags", "typed"}});
  site_.threatq().fault(
      R"({"match":{"method":"PUT","path":"/api/connectors/1"},"action":{"status":403}})");
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(site_.feeds().begin()->second.begin()->second.at("tags"),
              testing::ElementsAre("typed"));
  EXPECT_THAT(site_.log("cb-edr"),
              HasSubstr("the form in ThreatQ could not be brought up to date"));
  EXPECT_THAT(site_.log("cb-edr"), HasSubstr("role in ThreatQ that may change connectors"));
}

// A portal that answers in ThreatQ's place is not believed, and what was done behind it is.
TEST_F(FormRecord, BehindAPortalIsWhatALookSaysItIs) {
  for (const bool done : {false, true}) {
    age_the_label();
    site_.threatq().fault(
        R"({"match":{"method":"PUT","path":"/api/connectors/1"},"action":{"login_page":200},)"
        R"("after_effect":)" +
        std::string(done ? "true}" : "false}"));
    EXPECT_EQ(run().exit_status, 0);
    const auto label = records().at(0).at("custom_fields").at("report_tags").at("label");
    EXPECT_EQ(label == "Tags", !done);
    if (done) {
      EXPECT_THAT(site_.log("cb-edr"), HasSubstr("an answer was not the documented one"));
    } else {
      EXPECT_THAT(site_.log("cb-edr"), HasSubstr("a web page (text/html) that is not JSON"));
      EXPECT_THAT(site_.log("cb-edr"), HasSubstr("it is not what was written"));
    }
  }
  EXPECT_EQ(run().exit_status, 0);
  EXPECT_NE(records().at(0).at("custom_fields").at("report_tags").at("label"), "Tags");
}

TEST_F(FormRecord, LosesNothingOnAServerThatReplacesFields) {
  manners({{"replace", true}});
  age_the_label();
  const Json before = records().at(0).at("custom_fields");
  EXPECT_EQ(run().exit_status, 0);
  const Json after = records().at(0).at("custom_fields");
  EXPECT_NE(after.at("report_tags").at("label"), "Tags");
  for (const auto& [key, field] : before.items())
    EXPECT_EQ(after.at(key).at("value"), field.at("value")) << key;
  EXPECT_THAT(site_.log("cb-edr"), Not(HasSubstr("lost values")));
}

TEST_F(FormRecord, ThatHidesTheSecretIsNeverGivenAsterisksAndTheLastOneServes) {
  manners({{"hide", true}});
  age_the_label();
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(secret_in_threatq(), kApiSecret);
  EXPECT_EQ(records().at(0).at("custom_fields").at("report_tags").at("label"), "Report Tags");
  EXPECT_THAT(site_.log("cb-edr"), HasSubstr("the one that was read last is used"));
  EXPECT_EQ(run().exit_status, 0) << "and it is kept on";
}

TEST_F(FormRecord, ThatHidesASecretNobodyKnowsSaysWhereToPutIt) {
  manners({{"hide", true}});
  std::filesystem::remove(site_.state() / "cb-edr" / "form.sealed");
  const Ended refused = run();
  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.err, HasSubstr("ThreatQ hides the Enterprise EDR API Secret Key"));
  EXPECT_THAT(refused.err, HasSubstr("tqhost secret set cb-edr/api_secret_key"));
  ASSERT_EQ(
      run_program(site_.command({"secret", "set", "cb-edr/api_secret_key"}), {}, 60, kApiSecret)
          .exit_status,
      0);
  site_.instance()["config"]["api_secret_key"] = {{"secret", "cb-edr/api_secret_key"}};
  site_.write_config();
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
}

TEST_F(FormRecord, IsKeptAgainOnlyWhenItSaysSomethingNew) {
  const ino_t first = kept_form();
  EXPECT_EQ(run().exit_status, 0);
  EXPECT_EQ(kept_form(), first) << "a new one would be another file";
  edit({{"report_tags", "other"}});
  EXPECT_EQ(run().exit_status, 0);
  const ino_t second = kept_form();
  EXPECT_NE(second, first);
  switch_to(false);
  EXPECT_EQ(run().exit_status, 0);
  EXPECT_NE(kept_form(), second);
}

}  // namespace
}  // namespace e2e
