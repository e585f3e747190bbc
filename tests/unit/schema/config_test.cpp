// SPDX-License-Identifier: Apache-2.0
// The host file as people write it, with what they get wrong.
#include "schema/config.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "schema/default_paths.hpp"
#include "unit/schema/folder.hpp"

namespace tq {
namespace {

// Not those of whoever runs the tests.
const DefaultPaths kDefaults{{}, "/p", "/s"};

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Config : public testing::Test {
 protected:
  Result<HostConfig> load(const std::string& text, mode_t mode = 0600) {
    sources_.file = folder_.write("tqhost.json", text, mode);
    return load_host_config(sources_, kDefaults);
  }
  // The message, with the folder's name cut out.
  std::string refusal(const std::string& text, mode_t mode = 0600) {
    const auto config = load(text, mode);
    return config ? "accepted" : without_folder(config.error().message);
  }
  std::string without_folder(std::string text) const {
    const std::string name = folder_.path().string() + "/";
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name))
      text.erase(at, name.size());
    return text;
  }

  Folder folder_;
  ConfigSources sources_;
};

constexpr const char* kAll = R"(// A person's file.
{
  "plugins_dir": "plugins", "state_dir": "/var/state",
  "log": {"dir": null, "max_size_mb": 3, "keep": 4},
  "ca_file": "ca.pem",
  "threatq": {"host": "https://tq.example/", "client_id": "id", "username": "u@example.com",
              "password": "pass", "oauth_client": {"id": null, "secret": null},
              "ca_file": null, "verify_tls": true, "use_proxy": true},
  "proxy": {"url": "http://me:pw@proxy.example:3128", "no_proxy": "a.example, .b.example"},
  "allow_plain_http": true,
  "limits": {"run_minutes": 5, "memory_mb": 512, "open_files": 100},
  "instances": [
    {"name": "cb-prod", "plugin": "cb_edr", "enabled": false, "schedule": "every 2h",
     "config_source": "file", "verify": "daily",
     "threatq": {"username": "other@example.com", "verify_tls": false,
                 "password": {"env": "OTHER"}},
     "config": {"api_id": "X"}},
    {"name": "tiny", "plugin": "tiny"}
  ]
}
)";

TEST_F(Config, EveryKeyArrives) {
  const auto config = load(kAll);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->file, folder_.path() / "tqhost.json");
  EXPECT_EQ(config->plugins_dir, folder_.path() / "plugins") << "relative to the file's folder";
  EXPECT_EQ(config->state_dir, "/var/state");
  EXPECT_EQ(config->log_dir, "/var/state/logs");
  EXPECT_EQ(config->ca_file, folder_.path() / "ca.pem");
  EXPECT_EQ(config->log_max_size_mb, 3u);
  EXPECT_EQ(config->log_keep, 4u);
  EXPECT_EQ(config->proxy_url, "http://me:pw@proxy.example:3128");
  EXPECT_THAT(config->no_proxy, ElementsAre("a.example", ".b.example"));
  EXPECT_TRUE(config->allow_plain_http);
  EXPECT_EQ(config->run_minutes, 5u);
  EXPECT_EQ(config->memory_mb, 512u);
  EXPECT_EQ(config->open_files, 100u);
  EXPECT_TRUE(config->warnings.empty());

  const InstanceConfig* cb = config->find("cb-prod");
  ASSERT_NE(cb, nullptr);
  EXPECT_EQ(config->find("cb"), nullptr);
  EXPECT_EQ(cb->plugin, "cb_edr");
  EXPECT_FALSE(cb->enabled);
  EXPECT_EQ(cb->schedule, "every 2h");
  EXPECT_EQ(cb->verify, VerifyEvery::kDay);
  EXPECT_EQ(config->instances[1].verify, VerifyEvery::kWeek);
  EXPECT_EQ(cb->file, config->file);
  EXPECT_EQ(dump_json(cb->config), R"({"api_id":"X"})");
  EXPECT_TRUE(config->instances[1].enabled);
  EXPECT_EQ(dump_json(config->instances[1].config), "{}");
}

TEST_F(Config, VerifyIsWeeklyDailyOrOff) {
  const std::string off = R"({"instances": [{"name": "a", "plugin": "p", "verify": "off"}]})";
  const auto config = load(off);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->instances[0].verify, VerifyEvery::kNever);
  const auto wrong = load(R"({"instances": [{"name": "a", "plugin": "p", "verify": "hourly"}]})");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message,
              AllOf(HasSubstr("verify"), HasSubstr("weekly"), HasSubstr("daily")));
}

TEST_F(Config, AnInstanceOverridesThreatqMemberByMember) {
  const auto config = load(kAll);
  ASSERT_TRUE(config) << config.error().message;
  const auto& own = config->instances[0].threatq;
  const auto& general = config->instances[1].threatq;
  ASSERT_TRUE(own && general);
  EXPECT_EQ(own->host, "tq.example");
  EXPECT_EQ(own->client_id, "id");
  EXPECT_EQ(own->username, "other@example.com");
  EXPECT_EQ(general->username, "u@example.com");
  EXPECT_FALSE(own->verify_tls);
  EXPECT_TRUE(general->verify_tls);
  EXPECT_TRUE(own->use_proxy);
  EXPECT_EQ(dump_json(own->password.value), R"({"env":"OTHER"})");
  EXPECT_EQ(own->password.place, config->file.string() + ":16: /instances/0/threatq/password");
  EXPECT_EQ(dump_json(general->password.value), R"("pass")");
  EXPECT_EQ(general->password.place, config->file.string() + ":7: /threatq/password");
  EXPECT_FALSE(general->oauth_id.set());
}

TEST_F(Config, DefaultsAreThoseOfTheGuide) {
  const auto config = load(R"({"instances": [{"name": "a", "plugin": "tiny"}]})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->log_max_size_mb, 10u);
  EXPECT_EQ(config->log_keep, 10u);
  EXPECT_EQ(config->run_minutes, 120u);
  EXPECT_EQ(config->memory_mb, 1024u);
  EXPECT_EQ(config->open_files, 256u);
  EXPECT_FALSE(config->allow_plain_http);
  EXPECT_TRUE(config->proxy_url.empty());
  EXPECT_TRUE(config->ca_file.empty());
  EXPECT_EQ(config->log_dir, config->state_dir / "logs");
  EXPECT_FALSE(config->instances[0].threatq.has_value());
}

TEST_F(Config, ProblemsNameLinePointerAndWhatIsAllowed) {
  const std::pair<const char*, const char*> table[] = {
      {"{\n\"log\": {\n\"max_size\": 3}}",
       "tqhost.json:3: /log/max_size is not a known key; did you mean \"max_size_mb\"?"},
      {"{\n\"log\": {\"keep\": 1},\n\"log\": {}}", "tqhost.json:3: the key \"log\" stands twice"},
      {"[]", "tqhost.json:1: the configuration is an empty list, but an object is needed"},
      {"{\"web\": {}}",
       "tqhost.json:1: /web is not a known key; known here: \"plugins_dir\", "
       "\"state_dir\", \"log\", \"ca_file\", \"threatq\", \"proxy\", "
       "\"secrets\", \"allow_plain_http\", \"limits\", \"instances\""},
      {"{\n\"limits\": {\n\"run_minutes\": 0}}",
       "tqhost.json:3: /limits/run_minutes is 0, but a whole number from 1 to 10080 is needed"},
      {"{\"instances\": [\n{\"name\": \"a\"}]}",
       "tqhost.json:2: /instances/0/plugin is missing: a text such as \"cb_edr\" is needed, the "
       "Plugin"},
      {"{\"instances\": [{\"plugin\": \"tiny\", \"name\": \"A b\"}]}",
       "tqhost.json:1: /instances/0/name is \"A b\", but a text such as \"cb-prod\" is needed"},
      {"{\"instances\": [{\"plugin\": \"tiny\", \"name\": \"logs\"}]}",
       "tqhost.json:1: /instances/0/name is \"logs\", but anything but one of \"plugins\", "
       "\"rate\", \"logs\", \"tls\", \"secrets.json\", \"secrets.json.draft\", \"secrets.lock\", "
       "\"control.sock\" or \"supervisor.lock\" is needed"},
      {"{\"instances\": [{\"plugin\": \"p\", \"name\": \"a\"},\n{\"plugin\": \"p\", \"name\": "
       "\"a\"}]}",
       "tqhost.json:2: /instances/1/name is \"a\", which tqhost.json:1 has too"},
      {"{\"proxy\": {\"url\": \"socks5://me:pw@p.example\"}}",
       "tqhost.json:1: /proxy/url is \"socks5://me:***@p.example\", but http://, https:// or "
       "socks5h:// with HOST:PORT or USER:PASSWORD@HOST:PORT is needed: it is of the kind socks5; "
       "write socks5h://, by which the proxy looks names up"},
      {"{\"proxy\": {\"url\": \"http://a b\"}}",
       "tqhost.json:1: /proxy/url is \"http://a b\", but http://, https:// or socks5h:// with "
       "HOST:PORT or USER:PASSWORD@HOST:PORT is needed"},
      {"{\"proxy\": {\"no_proxy\": [\"a.example\",\n\"b.example 10.0.0.0/33\"]}}",
       "tqhost.json:2: /proxy/no_proxy/1 holds \"10.0.0.0/33\", which can never match a host: "
       "behind its \"/\" a number from 0 to 32 is needed"},
      {"{\"proxy\": {\"no_proxy\": \"a.example, http://u:pw@b.example\"}}",
       "tqhost.json:1: /proxy/no_proxy/1 holds \"http://u:***@b.example\", which can never match a "
       "host: it is a URL; write the host alone"},
      {"{\"threatq\": {\"host\": \"a b\"}}",
       "tqhost.json:1: /threatq/host is \"a b\", but a host (NAME, NAME:PORT, [IPv6]:PORT or a "
       "URL) is needed"},
      {"{\"threatq\": {\"password\": {\"evn\": \"X\"}}}",
       "tqhost.json:1: /threatq/password is no reference to a secret, because \"evn\" is not "
       "known; there "
       "are {\"secret\": NAME}, {\"file\": PATH}, {\"env\": NAME} or {\"credential\": NAME}"},
  };
  for (const auto& [text, message] : table) EXPECT_EQ(refusal(text), message) << text;
  EXPECT_THAT(refusal("{\n\"a\": }"), HasSubstr("tqhost.json:2: "));
}

TEST_F(Config, ProblemsAreToldAllAtOnce) {
  EXPECT_EQ(refusal("{\n\"limit\": {},\n\"log\": {\"keep\": \"x\"},\n\"allow_plain_http\": 1}"),
            "tqhost.json:2: /limit is not a known key; did you mean \"limits\"?\n"
            "tqhost.json:3: /log/keep is \"x\", but a whole number from 1 to 1000 is needed\n"
            "tqhost.json:4: /allow_plain_http is 1, but true or false is needed");
}

TEST_F(Config, InstancesOfTheFolderBesideItAreReadToo) {
  folder_.write("instances.d/tiny.json",
                "// mine\n{\"plugin\": \"tiny\",\n\"config\": {\"token\": \"T\"}}");
  folder_.write("instances.d/cb-edr.json", R"({"name": "cb-edr", "plugin": "cb_edr"})");
  folder_.write("instances.d/notes.txt", "not read");
  folder_.write("instances.d/.hidden.json", "not read");
  const auto config = load(R"({"instances": [{"name": "a", "plugin": "tiny"}]})");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->instances.size(), 3u);
  EXPECT_EQ(config->instances[1].name, "cb-edr");
  EXPECT_EQ(config->instances[2].name, "tiny");
  EXPECT_EQ(config->instances[2].file, folder_.path() / "instances.d" / "tiny.json");
  EXPECT_EQ(without_folder(config->origins.at("/instances/2/config/token")),
            "instances.d/tiny.json:3");
}

TEST_F(Config, ProblemsOfInstanceFilesNameThem) {
  folder_.write("instances.d/tiny.json", "{\"plugin\": \"tiny\",\n\"enable\": true}");
  EXPECT_EQ(refusal("{}"),
            "instances.d/tiny.json:2: /instances/0/enable is not a known key; did you mean "
            "\"enabled\"?");
  folder_.write("instances.d/tiny.json", R"({"name": "other", "plugin": "tiny"})");
  EXPECT_EQ(refusal("{}"),
            "instances.d/tiny.json:1: /name is \"other\", but the file's name makes "
            "it \"tiny\"");
  folder_.write("instances.d/tiny.json", R"({"plugin": "tiny"})");
  EXPECT_EQ(refusal("{\"instances\": [{\"name\": \"tiny\", \"plugin\": \"tiny\"}]}"),
            "instances.d/tiny.json:1: /instances/1/name is \"tiny\", which tqhost.json:1 has too");
  folder_.write("instances.d/tiny.json", "[]");
  folder_.write("instances.d/b.json", "{");
  EXPECT_THAT(refusal("{}"), HasSubstr("instances.d/tiny.json:1: is an empty list, but one "
                                       "instance, an object, is needed"));
  EXPECT_THAT(refusal("{}"), HasSubstr("instances.d/b.json:1: "));
}

TEST_F(Config, EveryKindOfProxyIsTaken) {
  for (const char* url : {"http://p.example", "p.example:3128", "https://u:p%40@p.example:3129",
                          "socks5h://u:p@[2001:db8::1]:1080", "HTTP://p.example:1/"}) {
    const auto config =
        load("{\"proxy\": {\"url\": \"" + std::string(url) +
             "\", \"ca_file\": \"proxy.pem\", \"no_proxy\": \"a.example  10.,[::1]:80\"}}");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->proxy_url, url);
    EXPECT_EQ(config->proxy_ca_file, folder_.path() / "proxy.pem");
    EXPECT_THAT(config->no_proxy, ElementsAre("a.example", "10.", "[::1]:80"));
    EXPECT_EQ(dump_json(config->resolved["proxy"]["no_proxy"]),
              R"(["a.example","10.","[::1]:80"])");
  }
}

TEST_F(Config, CommandLineWins) {
  sources_.state_dir = "/from/the/command/line";
  sources_.environment["TQHOST_STATE_DIR"] = "/from/the/environment";
  const auto config = load(R"({"state_dir": "/from/the/file"})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->state_dir, "/from/the/command/line");
  EXPECT_EQ(config->origins.at("/state_dir"), "command line");
}

TEST_F(Config, AMissingFileIsAnErrorOnlyWhenItWasNamed) {
  const DefaultPaths defaults{folder_.path() / "none.json", "/p", "/s"};
  const auto config = load_host_config(sources_, defaults);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->file.empty());
  EXPECT_TRUE(config->instances.empty());
  EXPECT_EQ(config->plugins_dir, "/p");
  EXPECT_EQ(config->origins.at("/plugins_dir"), "default");
  sources_.file = folder_.path() / "none.json";
  const auto named = load_host_config(sources_, defaults);
  ASSERT_FALSE(named);
  EXPECT_EQ(without_folder(named.error().message),
            "cannot open none.json: No such file or directory");
}

TEST_F(Config, MayBeginWithAByteOrderMarkButNotBeUtf16) {
  ASSERT_TRUE(load(std::string("\xEF\xBB\xBF") + kAll));
  const std::string text = "{\"threatq\": {}}";
  std::string little, big;
  for (const char c : text) {
    little += {c, '\0'};
    big += {'\0', c};
  }
  for (const std::string& utf16 : {"\xFF\xFE" + little, "\xFE\xFF" + big, little, big})
    EXPECT_EQ(refusal(utf16), "tqhost.json is UTF-16; save it as UTF-8");
}

TEST_F(Config, LiteralSecretsNeedAPrivateFile) {
  const std::string open = " and is open to other users; type: chmod 600 tqhost.json";
  const std::pair<const char*, std::string> table[] = {
      {R"({"threatq": {"password": "p"}})",
       "tqhost.json holds a secret (/threatq/password)" + open},
      {R"({"threatq": {"oauth_client": {"secret": "p"}}})",
       "tqhost.json holds a secret (/threatq/oauth_client/secret)" + open},
      {R"({"proxy": {"url": "http://u:p@proxy.example"}})",
       "tqhost.json holds a secret (/proxy/url)" + open},
      {R"({"instances": [{"name": "a", "plugin": "b", "threatq": {"password": "p"}}]})",
       "tqhost.json holds a secret (/instances/0/threatq/password)" + open},
  };
  for (const auto& [text, message] : table) {
    for (const mode_t mode : {0644u, 0640u, 0602u}) EXPECT_EQ(refusal(text, mode), message) << text;
    EXPECT_EQ(refusal(text, 0600), "accepted") << text;
    EXPECT_EQ(refusal(text, 0400), "accepted") << text;
  }
  folder_.write("instances.d/a.json", R"({"plugin": "b", "threatq": {"password": "p"}})", 0644);
  EXPECT_THAT(refusal("{}", 0644), HasSubstr("chmod 600 instances.d/a.json"));
}

// Who may change where ThreatQ is has the password that is only named here sent to himself.
TEST_F(Config, ReferencesNeedAFileThatNobodyElseCanChange) {
  const std::string text =
      R"({"threatq": {"password": {"env": "P"}}, "proxy": {"url": "http://proxy.example"}})";
  for (const mode_t mode : {0600u, 0644u, 0444u}) EXPECT_EQ(refusal(text, mode), "accepted");
  for (const mode_t mode : {0664u, 0646u, 0602u})
    EXPECT_EQ(refusal(text, mode),
              "tqhost.json says where secrets are sent and can be changed by other users; type: "
              "chmod go-w tqhost.json");
  EXPECT_EQ(refusal(R"({"log": {"keep": 1}})", 0666), "accepted") << "nothing is sent anywhere";
  folder_.write("instances.d/a.json", R"({"plugin": "b"})", 0664);
  EXPECT_THAT(refusal(text), HasSubstr("chmod go-w instances.d/a.json"));
}

TEST_F(Config, NorMayOthersPutAnotherFileInItsPlace) {
  const std::string text = R"({"threatq": {"password": {"env": "P"}}})";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_THAT(refusal(text), HasSubstr("type: chmod go-w " + folder_.path().string()));
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  EXPECT_EQ(refusal(text), "accepted") << "as in /tmp, others can only add files";
}

TEST_F(Config, LiteralSecretsNeedAFileOfOurs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto file = folder_.write("tqhost.json", R"({"threatq": {"password": "p"}})");
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  sources_.file = file;
  const auto config = load_host_config(sources_, kDefaults);
  ASSERT_FALSE(config);
  EXPECT_THAT(
      config.error().message,
      HasSubstr("belongs to the user 12345, not to root, who runs this; run it as 12345, or, "
                "as root, type: chown root " +
                file.string()));
}

TEST_F(Config, NoMessageShowsASecret) {
  for (const char* text :
       {R"({"threatq": {"password": ["hunter2"]}})", R"({"threatq": {"pasword": "hunter2"}})",
        R"({"threatq": {"password": {"fille": "hunter2"}}})",
        R"({"proxy": {"url": "ftp://u:hunter2@p.example"}})",
        R"({"proxy": {"url": "u:hunter2://x@p.example:port"}})",
        R"({"proxy": {"url": "socks5h://u:%07hunter2@p.example"}})",
        R"({"proxy": {"no_proxy": "http://u:hunter2@p.example"}})",
        R"({"threatq": {"host": "https://u:hunter2@tq.example"}})",
        R"({"threatq": {"password": "hunter2", "password": "hunter2"}})"})
    EXPECT_THAT(refusal(text), Not(HasSubstr("hunter2"))) << text;
}

TEST_F(Config, HostileFilesAreRefusedQuickly) {
  EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(refusal("{\"state_dir\": \"" + std::string(1'000'000, 'x') + "\"}"),
              HasSubstr("/state_dir is too long: at most 4096 characters are allowed"));
  EXPECT_THAT(refusal("{\"instances\": [{\"plugin\": \"" + std::string(1'000'000, 'x') + "\"}]}"),
              HasSubstr("/instances/0/plugin is too long: at most 2048 bytes are allowed"));
  EXPECT_THAT(refusal(std::string(5'000'000, ' ')), HasSubstr("larger than 4194304 bytes"));
  EXPECT_THAT(refusal(std::string("{\"\\u0000\": 1}")), HasSubstr("is not a known key"));
}

}  // namespace
}  // namespace tq
