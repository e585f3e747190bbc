// SPDX-License-Identifier: Apache-2.0
#include "schema/vault.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "core/digest.hpp"
#include "unit/schema/vault_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(VaultTest, ThatIsEmptyNeedsNoKeyAndMakesNothing) {
  const Vault vault = opened();
  EXPECT_THAT(vault.names(), ElementsAre());
  EXPECT_FALSE(vault.has("tq"));
  EXPECT_EQ(vault.key_place(), "no key yet");
  EXPECT_EQ(refusal(vault.get("tq")),
            "there is no secret \"tq\"; set it with: tqhost secret set tq");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(VaultTest, KeepsWhatWasSet) {
  Vault vault = opened();
  ASSERT_TRUE(vault.set({{"tq", Secret("hunter2")}, {"a/b.c_d-E9", Secret("hunter3")}}));
  EXPECT_EQ(text_of(vault, "tq"), "hunter2") << "the object that set it has it";
  EXPECT_THAT(opened().names(), ElementsAre("a/b.c_d-E9", "tq"));
  EXPECT_EQ(get("tq"), "hunter2");
  EXPECT_EQ(get("a/b.c_d-E9"), "hunter3");
  set("tq", "hunter4");
  EXPECT_EQ(get("tq"), "hunter4");
  EXPECT_EQ(get("a/b.c_d-E9"), "hunter3");
}

TEST_F(VaultTest, KnowsWhenASecretWasSet) {
  const int64_t before_ms = RealWorld().now_ms();
  set("tq", "hunter2");
  int64_t ms = 0;
  ASSERT_TRUE(parse_time_utc(opened().set_at("tq"), &ms)) << opened().set_at("tq");
  EXPECT_GE(ms, before_ms);
  EXPECT_LE(ms, RealWorld().now_ms());
  EXPECT_EQ(opened().set_at("other"), "");
}

TEST_F(VaultTest, TakesEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& text : {all, std::string("$'\"\\`!%&;|<>*?[]{}~# \xc3\xa4\n"), all + all})
    for (int i = 0; i < 2; ++i) {
      set("tq", text);
      EXPECT_EQ(get("tq"), text);
    }
}

TEST_F(VaultTest, FilesAreClosedToOthersAndShowNothing) {
  set("tq", "hunter2hunter2");
  EXPECT_EQ(mode_of(files_.key_file), 0600u);
  EXPECT_EQ(mode_of(files_.key_file.parent_path()), 0700u);
  EXPECT_EQ(mode_of(files_.secrets_file), 0600u);
  EXPECT_EQ(mode_of(files_.state_dir), 0700u);
  const std::string file = text(files_.secrets_file);
  EXPECT_THAT(file, Not(HasSubstr("hunter2")));
  EXPECT_THAT(file, Not(HasSubstr(base64("hunter2").substr(0, 8))));
  EXPECT_THAT(file, Not(HasSubstr(std::string(seal_key_text(keys().at(0)).reveal()))));
  EXPECT_THAT(file, HasSubstr("\"key_id\": \"" + seal_key_id(keys().at(0)) + "\""));
  EXPECT_EQ(opened().key_place(),
            "key " + seal_key_id(keys().at(0)) + " in " + files_.key_file.string());
}

TEST_F(VaultTest, AFolderThatWasThereKeepsItsMode) {
  std::filesystem::create_directory(folder_.path() / "etc");
  ::chmod((folder_.path() / "etc").c_str(), 0755);
  set("tq", "hunter2");
  EXPECT_EQ(mode_of(folder_.path() / "etc"), 0755u);
}

TEST_F(VaultTest, ForgetsWhatIsErased) {
  set("tq", "hunter2");
  set("cb", "hunter3");
  ASSERT_TRUE(opened().erase({"tq", "was never there"}));
  EXPECT_THAT(opened().names(), ElementsAre("cb"));
  ASSERT_TRUE(opened().erase({"cb"}));
  EXPECT_THAT(opened().names(), ElementsAre());
  ASSERT_TRUE(std::filesystem::remove(files_.key_file));
  EXPECT_THAT(opened().names(), ElementsAre()) << "nothing is sealed, so no key is missed";
  set("cb", "hunter4");
  EXPECT_EQ(get("cb"), "hunter4");
}

TEST_F(VaultTest, RefusesNamesAndEmptyTexts) {
  const std::string rule =
      "is no name of a secret; 1 to 200 letters (A-Z, a-z), digits, \".\", \"_\", \"/\" and \"-\" "
      "are allowed";
  Vault vault = opened();
  EXPECT_EQ(refusal(vault.set({{"", Secret("x")}})), "\"\" " + rule);
  EXPECT_EQ(refusal(vault.set({{"a b", Secret("x")}})), "\"a b\" " + rule);
  EXPECT_EQ(refusal(vault.set({{"a\n", Secret("x")}})), "\"a?\" " + rule);
  EXPECT_THAT(refusal(vault.set({{std::string(201, 'a'), Secret("x")}})), HasSubstr(rule));
  EXPECT_EQ(refusal(vault.set({{std::string(200, 'a'), Secret("x")}})), "");
  EXPECT_EQ(refusal(vault.set({{"tq", Secret("x")}, {"cb", Secret()}})),
            "the secret \"cb\" is empty");
  EXPECT_FALSE(opened().has("tq")) << "all or nothing";
}

TEST_F(VaultTest, WritersLoseNothingOfEachOther) {
  Vault one = opened(), two = opened();
  ASSERT_TRUE(one.set({{"one", Secret("1")}}));
  ASSERT_TRUE(two.set({{"two", Secret("2")}}));
  ASSERT_TRUE(one.erase({"nothing"}));
  EXPECT_EQ(text_of(one, "two"), "2") << "whoever changes, sees what the others did";
  EXPECT_THAT(opened().names(), ElementsAre("one", "two"));
}

TEST_F(VaultTest, ManyProcessesMakeOneKeyAndKeepAllSecrets) {
  constexpr int kProcesses = 6, kSecretsEach = 5;
  std::vector<pid_t> children;
  for (int child = 0; child < kProcesses; ++child) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      bool good = true;
      for (int i = 0; i < kSecretsEach; ++i) {
        auto vault = Vault::open(files_);
        const std::string name = std::to_string(child) + "/" + std::to_string(i);
        good = good && vault && vault->set({{name, Secret(name)}});
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  const Vault vault = opened();
  EXPECT_EQ(vault.names().size(), size_t{kProcesses * kSecretsEach});
  for (const std::string& name : vault.names()) EXPECT_EQ(text_of(vault, name), name);
  EXPECT_EQ(keys().size(), 1u);
}

TEST_F(VaultTest, SealsTextsOfOtherFiles) {
  const auto sealed = opened().seal_text(form_context("cb-prod"), "values");
  ASSERT_TRUE(sealed);
  const Vault vault = opened();
  EXPECT_EQ(vault.unseal_text(form_context("cb-prod"), *sealed)->reveal(), "values");
  const std::string wrong =
      "a sealed text cannot be opened with key " + seal_key_id(keys().at(0)) +
      " in etc/tqhost.key: it is damaged, stands in another's place, or was sealed with another "
      "key";
  EXPECT_EQ(refusal(vault.unseal_text(form_context("cb-test"), *sealed), Status::kData), wrong);
  EXPECT_EQ(refusal(vault.unseal_text(secret_context("cb-prod"), *sealed), Status::kData), wrong);
}

TEST_F(VaultTest, ASecretCannotStandInAnothersPlace) {
  set("one", "hunter1");
  set("two", "hunter2");
  auto file = read_secrets_file(files_.secrets_file);
  ASSERT_TRUE(file);
  file->secrets["two"].sealed = file->secrets["one"].sealed;
  ASSERT_TRUE(write_secrets_file(files_.secrets_file, *file));
  EXPECT_EQ(refusal(opened().get("two")),
            "the secret \"two\" in state/secrets.json is damaged; set it again: tqhost secret set "
            "two");
  EXPECT_EQ(get("one"), "hunter1");
}

class VaultErrors : public VaultTest {
 protected:
  VaultErrors() {
    set("tq", "hunter2");
    id_ = seal_key_id(keys().at(0));
    key_ = text(files_.key_file);
  }

  std::string error() const { return refusal(Vault::open(files_)); }
  std::string error_of_file(const std::string& json) const {
    folder_.write("state/secrets.json", json);
    return error();
  }

  std::string id_, key_;
};

TEST_F(VaultErrors, MissingKey) {
  std::filesystem::remove(files_.key_file);
  const std::string message = "state/secrets.json is sealed with key " + id_ +
                              ", and etc/tqhost.key does not exist; restore it from a backup (if "
                              "systemd keeps the key as a "
                              "credential, run this in the unit), or remove secrets.json and set "
                              "every secret again: tqhost "
                              "secret set NAME";
  EXPECT_EQ(error(), message);
  files_.key_file.clear();
  EXPECT_EQ(error(), "state/secrets.json is sealed with key " + id_ +
                         ", and no key file is known; name it in secrets.key_file, or remove "
                         "secrets.json and set every secret again: tqhost secret set NAME");
}

TEST_F(VaultErrors, NoNewKeyIsMadeWhileSomethingIsSealed) {
  Vault vault = opened();
  std::filesystem::remove(files_.key_file);
  EXPECT_THAT(refusal(vault.set({{"cb", Secret("x")}})), HasSubstr("does not exist"));
  EXPECT_THAT(refusal(vault.seal_text("c", "x")), HasSubstr("does not exist"));
  RealWorld world;
  EXPECT_THAT(refusal(vault.rotate(world)), HasSubstr("does not exist"));
  EXPECT_FALSE(std::filesystem::exists(files_.key_file));
  folder_.write("etc/tqhost.key", key_);
  EXPECT_EQ(get("tq"), "hunter2");
}

TEST_F(VaultErrors, WrongKey) {
  const Secret one = make_seal_key(), two = make_seal_key();
  ASSERT_TRUE(write_key_file(files_.key_file, {one, two}));
  EXPECT_EQ(error(), "state/secrets.json is sealed with key " + id_ +
                         ", but etc/tqhost.key holds key " + seal_key_id(one) + ", " +
                         seal_key_id(two) +
                         "; put the right key back from a backup, or remove secrets.json and set "
                         "every secret again: tqhost secret set NAME");
}

TEST_F(VaultErrors, KeyFileOpenToOthers) {
  for (const mode_t mode : {0640u, 0604u, 0660u, 0610u}) {
    folder_.write("etc/tqhost.key", key_, mode);
    EXPECT_EQ(error(),
              "etc/tqhost.key holds the key of secrets at rest and is open to other users; type: "
              "chmod 600 etc/tqhost.key");
  }
  folder_.write("etc/tqhost.key", key_, 0400);
  EXPECT_EQ(error(), "");
}

TEST_F(VaultErrors, DamagedKeyFile) {
  const auto with = [&](const std::string& bytes) {
    folder_.write("etc/tqhost.key", bytes);
    return error();
  };
  const std::string rest =
      " is no key: a line is \"tqhost-key-1 \" and the base64 of 32 bytes; restore the file from a "
      "backup";
  EXPECT_EQ(with(key_.substr(0, key_.size() - 5)), "etc/tqhost.key:1" + rest);
  EXPECT_EQ(with(key_ + "\nhunter2\n"), "etc/tqhost.key:3" + rest);
  EXPECT_EQ(with("tqhost-key-2" + key_.substr(12)), "etc/tqhost.key:1" + rest);
  for (const char* empty : {"", "\n \n"})
    EXPECT_EQ(
        with(empty),
        "etc/tqhost.key holds no key; restore it from a backup, or remove it if no secret was "
        "ever set");
  EXPECT_EQ(with("\n  " + key_ + "\r\n"), "") << "blanks do no harm";
}

TEST_F(VaultErrors, DamagedSecretsFile) {
  const std::string rest =
      "; restore the file from a backup, or remove it and set every secret again: tqhost secret "
      "set NAME";
  EXPECT_THAT(error_of_file("{\"format\": 1,"), HasSubstr("state/secrets.json:1"));
  EXPECT_THAT(error_of_file("{\"format\": 1,"), testing::EndsWith(rest));
  EXPECT_EQ(error_of_file("[]"), "state/secrets.json is damaged: it names no format" + rest);
  EXPECT_EQ(error_of_file(R"({"format": 1})"),
            "state/secrets.json is damaged: \"key_id\" or \"secrets\" is missing" + rest);
  EXPECT_EQ(error_of_file(R"({"format": 1, "key_id": "x", "secrets": {"a b": {}}})"),
            "state/secrets.json is damaged: it has a secret whose name is none" + rest);
  EXPECT_EQ(error_of_file(R"({"format": 1, "key_id": "x", "secrets": {"tq": {"sealed": 1}}})"),
            "state/secrets.json is damaged: the secret \"tq\" has no sealed text" + rest);
  EXPECT_EQ(error_of_file(R"({"format": 2})"),
            "state/secrets.json has format 2, and this version of tqhost knows format 1; use the "
            "version that wrote it, or a newer one");
}

TEST_F(VaultErrors, DamagedSecret) {
  auto file = read_secrets_file(files_.secrets_file);
  ASSERT_TRUE(file);
  file->secrets["tq"].sealed[30] ^= 1;
  ASSERT_TRUE(write_secrets_file(files_.secrets_file, *file));
  EXPECT_EQ(
      refusal(opened().get("tq")),
      "the secret \"tq\" in state/secrets.json is damaged; set it again: tqhost secret set tq");
  set("tq", "hunter3");
  EXPECT_EQ(get("tq"), "hunter3");
}

TEST_F(VaultErrors, NowhereToKeepAKey) {
  files_.state_dir = folder_.path() / "other";
  files_.secrets_file = files_.state_dir / "secrets.json";
  files_.key_file.clear();
  EXPECT_EQ(refusal(opened().set({{"tq", Secret("x")}})),
            "there is no place for the key of secrets at rest; name a file in secrets.key_file of "
            "the configuration");
}

TEST(VaultFiles, LieWhereTheConfigurationSays) {
  Folder folder;
  HostConfig config;
  config.state_dir = "/var/lib/tqhost";
  config.intended_file = "/etc/tqhost/tqhost.json";
  EXPECT_EQ(vault_files(config, {}).key_file, "/etc/tqhost/tqhost.key");
  EXPECT_EQ(vault_files(config, {}).secrets_file, "/var/lib/tqhost/secrets.json");
  EXPECT_EQ(vault_files(config, {}).state_dir, "/var/lib/tqhost");
  config.file = "/opt/ThreatQ/tq-conn-cb-2.json";
  EXPECT_EQ(vault_files(config, {}).key_file, "/opt/ThreatQ/tq-conn-cb-2.key");

  const Environment environment = {{"CREDENTIALS_DIRECTORY", folder.path().string()}};
  EXPECT_EQ(vault_files(config, environment).credential, "") << "there is none of the name";
  const auto credential = folder.write("tqhost.key", "", 0440);
  EXPECT_EQ(vault_files(config, environment).credential, credential);
  config.key_file = "/root/key";
  EXPECT_EQ(vault_files(config, environment).credential, "") << "what is configured goes first";
  EXPECT_EQ(vault_files(config, environment).key_file, "/root/key");
}

}  // namespace
}  // namespace tq
