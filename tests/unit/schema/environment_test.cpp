// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "schema/config.hpp"
#include "schema/default_paths.hpp"
#include "unit/schema/folder.hpp"

namespace tq {
namespace {

// Not those of whoever runs the tests.
const DefaultPaths kDefaults{{}, "/p", "/s"};

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TakeEnvironment, CopiesAndWipes) {
  char a[] = "TQHOST_THREATQ_PASSWORD=hunter2";
  char b[] = "EMPTY=";
  char c[] = "X=1=2";
  char d[] = "X=second";
  char e[] = "nonsense";
  char* environment[] = {a, b, c, d, e, nullptr};
  const Environment taken = take_environment(environment);
  EXPECT_EQ(taken,
            (Environment{{"TQHOST_THREATQ_PASSWORD", "hunter2"}, {"EMPTY", ""}, {"X", "1=2"}}));
  EXPECT_EQ(environment[0], nullptr) << "nothing is left for getenv()";
  const size_t name = sizeof "TQHOST_THREATQ_PASSWORD=" - 1;
  EXPECT_EQ(std::string(a + name, sizeof a - name), std::string(sizeof a - name, '\0'));
  EXPECT_EQ(std::string(c + 2, 3), std::string(3, '\0'));
  EXPECT_TRUE(take_environment(nullptr).empty());
}

class Variables : public testing::Test {
 protected:
  Result<HostConfig> load(const Environment& environment, const std::string& text = kText) {
    ConfigSources sources;
    sources.file = folder_.write("tqhost.json", text);
    sources.environment = environment;
    return load_host_config(sources, kDefaults);
  }
  std::string refusal(const Environment& environment) {
    const auto config = load(environment);
    return config ? "accepted" : config.error().message;
  }
  std::vector<std::string> warnings(const Environment& environment) {
    const auto config = load(environment);
    return config ? config->warnings : std::vector<std::string>{config.error().message};
  }

  static constexpr const char* kText = R"({
    "threatq": {"host": "tq.example", "password": {"env": "P"}},
    "log": {"max_size_mb": 3},
    "instances": [
      {"name": "cb-prod", "plugin": "cb_edr", "config": {"api_id": "X", "Odd.Key": 1}},
      {"name": "cb", "plugin": "cb_edr"}
    ]})";
  Folder folder_;
};

TEST_F(Variables, OverrideTheFile) {
  const auto config = load({{"TQHOST_PLUGINS_DIR", "/p"},
                            {"TQHOST_LIMITS_RUN_MINUTES", "7"},
                            {"TQHOST_LOG_MAX_SIZE_MB", "4"},
                            {"TQHOST_ALLOW_PLAIN_HTTP", "true"},
                            {"TQHOST_PROXY_NO_PROXY", "a, b"},
                            {"TQHOST_THREATQ_PASSWORD", "12345"},
                            {"TQHOST_THREATQ_OAUTH_CLIENT_SECRET", "s"},
                            {"TQHOST_THREATQ_USE_PROXY", "true"},
                            {"HOME", "/home/a"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->plugins_dir, "/p");
  EXPECT_EQ(config->run_minutes, 7u);
  EXPECT_EQ(config->log_max_size_mb, 4u);
  EXPECT_TRUE(config->allow_plain_http);
  EXPECT_THAT(config->no_proxy, ElementsAre("a", "b"));
  const ThreatqConfig& threatq = *config->instances[0].threatq;
  EXPECT_EQ(threatq.password.value, "12345") << "text stays text where text is wanted";
  EXPECT_EQ(threatq.password.place, "environment TQHOST_THREATQ_PASSWORD: /threatq/password");
  EXPECT_EQ(threatq.oauth_secret.value, "s");
  EXPECT_TRUE(threatq.use_proxy);
  EXPECT_EQ(config->origins.at("/limits/run_minutes"), "environment TQHOST_LIMITS_RUN_MINUTES");
  EXPECT_THAT(config->warnings, IsEmpty());
}

// The first that is set, as curl and Python's requests name them.
TEST_F(Variables, OfAllProgramsNameTheProxyWhereNothingElseDoes) {
  const auto origin = [&](const Environment& environment) {
    const auto config = load(environment);
    if (!config) return config.error().message;
    return config->proxy_url + " " + config->origins.at("/proxy/url");
  };
  Environment all = {{"https_proxy", "http://1"},     {"HTTPS_PROXY", "http://2"},
                     {"all_proxy", "http://3"},       {"ALL_PROXY", "http://4"},
                     {"http_proxy", "http://5"},      {"HTTP_PROXY", "http://6"},
                     {"TQHOST_PROXY_URL", "http://0"}};
  EXPECT_EQ(origin(all), "http://0 environment TQHOST_PROXY_URL");
  for (const char* name :
       {"TQHOST_PROXY_URL", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    all[name] = "";
    EXPECT_NE(origin(all).find(" environment "), std::string::npos) << origin(all);
  }
  EXPECT_EQ(origin(all), "http://5 environment http_proxy");
  all.erase("http_proxy");
  EXPECT_EQ(origin(all), " default") << "HTTP_PROXY may be a header of somebody's request";
  const auto none = load({{"https_proxy", "http://1"}}, R"({"proxy": {"url": null}})");
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->proxy_url, "") << "the file says that there is none";
  const auto masked = load({{"https_proxy", "https://joe:hunter2@p.example"}});
  ASSERT_TRUE(masked) << masked.error().message;
  EXPECT_EQ(masked->proxy_url, "https://joe:hunter2@p.example");
  EXPECT_EQ(dump_json(masked->resolved).find("hunter2"), std::string::npos);
  EXPECT_THAT(refusal({{"all_proxy", "socks5://joe:hunter2@p.example"}}),
              testing::AllOf(HasSubstr("environment all_proxy: /proxy/url is \"socks5://joe:***@"),
                             HasSubstr("socks5h://")));
}

TEST_F(Variables, OfAllProgramsNameWhatGoesStraight) {
  const auto config = load({{"NO_PROXY", "a.example,10.0.0.0/8 , *bad*,169.254/16"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->no_proxy, ElementsAre("a.example", "10.0.0.0/8"));
  EXPECT_EQ(config->origins.at("/proxy/no_proxy"), "environment NO_PROXY");
  EXPECT_THAT(config->warnings,
              ElementsAre(HasSubstr("environment NO_PROXY holds \"*bad*\", which can never match"),
                          HasSubstr("\"169.254/16\"")));
  EXPECT_THAT(load({{"NO_PROXY", "a"}, {"no_proxy", "b"}})->no_proxy, ElementsAre("b"));
  EXPECT_THAT(refusal({{"TQHOST_PROXY_NO_PROXY", "*bad*"}}), HasSubstr("/proxy/no_proxy/0"))
      << "what is said to tqhost alone is an error";
}

// As a Secret of Kubernetes or a file that a shell read has it.
TEST_F(Variables, AMarkAndOneEndOfALineAreCut) {
  const auto config = load({{"TQHOST_THREATQ_CLIENT_ID", "\xEF\xBB\xBFid 1 \r\n"},
                            {"TQHOST_THREATQ_PASSWORD", "pass\n"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->instances[0].threatq->client_id, "id 1 ");
  EXPECT_EQ(config->instances[0].threatq->password.value, "pass");
}

TEST_F(Variables, ReachInstances) {
  const auto config = load({{"TQHOST_INSTANCE_CB_PROD_CONFIG_API_ID", "Y"},
                            {"TQHOST_INSTANCE_CB_PROD_CONFIG_ORG_KEY", "ORG"},
                            {"TQHOST_INSTANCE_CB_PROD_CONFIG_ODD_KEY", "2"},
                            {"TQHOST_INSTANCE_CB_PROD_ENABLED", "false"},
                            {"TQHOST_INSTANCE_CB_PROD_VERIFY", "off"},
                            {"TQHOST_INSTANCE_CB_PROD_THREATQ_PASSWORD", "own"},
                            {"TQHOST_INSTANCE_CB_CONFIG_API_ID", "Z"}});
  ASSERT_TRUE(config) << config.error().message;
  const InstanceConfig& prod = config->instances[0];
  EXPECT_EQ(dump_json(prod.config), R"({"api_id":"Y","Odd.Key":"2","org_key":"ORG"})");
  EXPECT_FALSE(prod.enabled);
  EXPECT_EQ(prod.verify, VerifyEvery::kNever);
  EXPECT_EQ(prod.threatq->password.value, "own");
  EXPECT_EQ(dump_json(config->instances[1].config), R"({"api_id":"Z"})");
  EXPECT_TRUE(config->instances[1].enabled);
  EXPECT_EQ(config->instances[1].threatq->password.value, *parse_json(R"({"env":"P"})", "x"));
  EXPECT_EQ(config->origins.at("/instances/0/config/org_key"),
            "environment TQHOST_INSTANCE_CB_PROD_CONFIG_ORG_KEY");
}

TEST_F(Variables, ProblemsNameTheVariable) {
  EXPECT_EQ(refusal({{"TQHOST_LIMITS_RUN_MINUTES", "soon"}}),
            "environment TQHOST_LIMITS_RUN_MINUTES: /limits/run_minutes is \"soon\", but a whole "
            "number from 1 to 10080 is needed");
  EXPECT_EQ(refusal({{"TQHOST_LIMITS_RUN_MINUTES", ""}}), "accepted") << "empty is not set";
}

TEST_F(Variables, ThatNameNothingAreWarnings) {
  EXPECT_THAT(warnings({{"TQHOST_LIMITS_RUN_MINUTE", "7"}}),
              ElementsAre("the environment variable TQHOST_LIMITS_RUN_MINUTE names nothing and is "
                          "ignored; did you mean TQHOST_LIMITS_RUN_MINUTES?"));
  EXPECT_THAT(warnings({{"TQHOST_INSTANCE_CB_PROD_ENABLE", "false"}}),
              ElementsAre(HasSubstr("did you mean TQHOST_INSTANCE_CB_PROD_ENABLED?")));
  EXPECT_EQ(warnings({{"TQHOST_INSTANCE_CB_PROD_NAME", "x"}}).size(), 1u);
  EXPECT_EQ(warnings({{"TQHOST_", "x"}}).size(), 1u);
  EXPECT_THAT(warnings({{"OTHER", "x"}}), IsEmpty());
}

TEST_F(Variables, ThatNameTwoInstancesAreIgnored) {
  const auto config = load({{"TQHOST_INSTANCE_A_B_ENABLED", "false"}},
                           R"({"instances": [{"name": "a-b", "plugin": "p"},
                                             {"name": "a.b", "plugin": "p"}]})");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->instances[0].enabled && config->instances[1].enabled);
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("more than one instance")));
}

TEST_F(Variables, SecretsOfTheEnvironmentNeedNoPrivateFile) {
  ConfigSources sources;
  sources.file = folder_.write("tqhost.json", R"({"threatq": {"password": "p"}})", 0644);
  EXPECT_FALSE(load_host_config(sources, kDefaults));
  sources.environment["TQHOST_THREATQ_PASSWORD"] = "q";
  EXPECT_TRUE(load_host_config(sources, kDefaults));
}

}  // namespace
}  // namespace tq
