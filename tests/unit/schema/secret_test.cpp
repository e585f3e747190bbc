// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "schema/config.hpp"
#include "schema/vault.hpp"
#include "unit/schema/folder.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

class ResolveSecret : public testing::Test {
 protected:
  ResolveSecret() {
    config_.file = folder_.write("tqhost.json", "{}");
    place_ = config_.file.string() + ":12: /token";
  }

  std::string resolve(const std::string& value) {
    const auto secret =
        resolve_secret({*parse_json(value, "value"), place_}, config_, environment_);
    if (secret) return std::string(secret->reveal());
    EXPECT_EQ(secret.error().status, Status::kConfig);
    const std::string opening = place_ + " cannot be used: ";
    EXPECT_EQ(secret.error().message.rfind(opening, 0), 0u) << secret.error().message;
    std::string message = secret.error().message.substr(opening.size());
    const std::string name = folder_.path().string() + "/";
    for (size_t at = message.find(name); at != std::string::npos; at = message.find(name))
      message.erase(at, name.size());
    return message;
  }

  Folder folder_;
  HostConfig config_;
  Environment environment_;
  std::string place_;
};

TEST_F(ResolveSecret, TextInAPrivateFile) {
  EXPECT_EQ(resolve("\"hunter2\""), "hunter2");
  folder_.write("tqhost.json", "{}", 0644);
  EXPECT_EQ(resolve("\"hunter2\""),
            "tqhost.json holds a secret and is open to other users; type: chmod 600 tqhost.json");
  place_ = "environment TQHOST_X";
  EXPECT_EQ(resolve("\"hunter2\""), "hunter2") << "it stands in no file";
}

// Editors, echo and pipes add a mark in front and an end of a line; wherever a secret comes from,
// they are cut alike, and everything else stays.
TEST_F(ResolveSecret, AMarkAndOneEndOfALineAreCutWhereverItComesFrom) {
  environment_["CREDENTIALS_DIRECTORY"] = folder_.path().string();
  const std::string with = "\xEF\xBB\xBFhunter2 \r\n";
  folder_.write("token", with);
  environment_["TOKEN"] = with;
  for (const char* reference :
       {R"({"file": "token"})", R"({"env": "TOKEN"})", R"({"credential": "token"})"})
    EXPECT_EQ(resolve(reference), "hunter2 ") << reference;
  EXPECT_EQ(resolve(dump_json(with)), "hunter2 ");
  folder_.write("token", "hunter2\n\n");
  EXPECT_EQ(resolve(R"({"file": "token"})"), "hunter2\n");
  environment_["TOKEN"] = "\n";
  EXPECT_THAT(resolve(R"({"env": "TOKEN"})"), HasSubstr("is empty"));
}

TEST_F(ResolveSecret, Utf16IsToldAsSuch) {
  using std::string_literals::operator""s;
  for (const std::string& text : {"\xFF\xFEh\0u\0n\0"s, "\xFE\xFF\0h\0u\0n"s, "h\0u\0n\0"s}) {
    folder_.write("token", text);
    EXPECT_EQ(resolve(R"({"file": "token"})"), "token is UTF-16; save it as UTF-8");
  }
}

TEST_F(ResolveSecret, TextInAnInstancesFile) {
  InstanceConfig instance;
  instance.file = folder_.write("instances.d/a.json", "{}", 0640).string();
  config_.instances.push_back(instance);
  place_ = instance.file + ":3";
  EXPECT_THAT(resolve("\"hunter2\""), HasSubstr("chmod 600 instances.d/a.json"));
}

TEST_F(ResolveSecret, FileBesideTheConfiguration) {
  folder_.write("token", "hunter2\n");
  EXPECT_EQ(resolve(R"({"file": "token"})"), "hunter2");
  EXPECT_EQ(resolve("{\"file\": \"" + (folder_.path() / "token").string() + "\"}"), "hunter2");
  folder_.write("token", "two\nlines\n\n");
  EXPECT_EQ(resolve(R"({"file": "token"})"), "two\nlines\n") << "only one line end is cut";
  folder_.write("token", "hunter2\r\n");
  EXPECT_EQ(resolve(R"({"file": "token"})"), "hunter2") << "of an editor of Windows";
  folder_.write("token", "hunter2", 0604);
  EXPECT_EQ(resolve(R"({"file": "token"})"),
            "token holds a secret and is open to other users; type: chmod 600 token");
  folder_.write("token", "\n");
  EXPECT_EQ(resolve(R"({"file": "token"})"), "token holds no secret, it is empty");
  folder_.write("token", std::string(100'000, 'x'));
  EXPECT_THAT(resolve(R"({"file": "token"})"), HasSubstr("larger than 65536 bytes"));
  EXPECT_EQ(resolve(R"({"file": "none"})"), "cannot open none: No such file or directory");
}

TEST_F(ResolveSecret, Environment) {
  environment_ = {{"TOKEN", "hunter2"}, {"EMPTY", ""}};
  EXPECT_EQ(resolve(R"({"env": "TOKEN"})"), "hunter2");
  EXPECT_EQ(resolve(R"({"env": "TOKEM"})"), "the environment variable TOKEM is not set");
  EXPECT_EQ(resolve(R"({"env": "EMPTY"})"), "the environment variable EMPTY is empty");
}

TEST_F(ResolveSecret, Credential) {
  EXPECT_EQ(resolve(R"({"credential": "tq"})"),
            "there is no credential tq: systemd gave none; add LoadCredential=tq:PATH to the unit");
  folder_.write("credentials/tq", "hunter2", 0440);
  environment_["CREDENTIALS_DIRECTORY"] = (folder_.path() / "credentials").string();
  EXPECT_EQ(resolve(R"({"credential": "tq"})"), "hunter2");
  EXPECT_EQ(resolve(R"({"credential": "other"})"),
            "cannot open credentials/other: No such file or directory");
  for (const char* name : {"../tqhost.json", "a/b", ".."})
    EXPECT_THAT(resolve(R"({"credential": ")" + std::string(name) + "\"}"),
                HasSubstr("is no file name"));
}

TEST_F(ResolveSecret, AtRest) {
  config_.state_dir = folder_.path() / "state";
  EXPECT_EQ(resolve(R"({"secret": "tq"})"),
            "there is no secret \"tq\"; set it with: tqhost --config tqhost.json secret set tq");
  auto vault = Vault::open(vault_files(config_, environment_));
  ASSERT_TRUE(vault);
  ASSERT_TRUE(vault->set({{"tq", Secret("hunter2")}}));
  EXPECT_EQ(resolve(R"({"secret": "tq"})"), "hunter2");
  ASSERT_TRUE(vault->set({{"cb-prod/password", Secret("hunter3")}}));
  EXPECT_EQ(resolve(R"({"secret": "cb-prod/pasword"})"),
            "there is no secret \"cb-prod/pasword\" (did you mean \"cb-prod/password\"?); set it "
            "with: tqhost --config tqhost.json secret set cb-prod/pasword");
  folder_.write("tqhost.key", "", 0644);
  EXPECT_EQ(resolve(R"({"secret": "tq"})"),
            "tqhost.key holds the key of secrets at rest and is open to other users; type: chmod "
            "600 tqhost.key");
}

TEST_F(ResolveSecret, NothingElse) {
  for (const char* value : {"7", "null", "[\"hunter2\"]", "{}", R"({"file": 1})",
                            R"({"file": "a", "env": "b"})", R"({"vault": "hunter2"})"})
    EXPECT_THAT(resolve(value), Not(HasSubstr("hunter2"))) << value;
}

}  // namespace
}  // namespace tq
