// SPDX-License-Identifier: Apache-2.0
// VaultTest: a key folder, a state folder, and the vault in them. One thread.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "core/file.hpp"
#include "core/seal.hpp"
#include "schema/key_file.hpp"
#include "schema/vault.hpp"
#include "unit/schema/folder.hpp"

namespace tq {

class VaultTest : public testing::Test {
 protected:
  VaultTest() {
    files_.key_file = folder_.path() / "etc" / "tqhost.key";
    files_.state_dir = folder_.path() / "state";
    files_.secrets_file = files_.state_dir / "secrets.json";
  }

  Vault opened() const {
    auto vault = Vault::open(files_);
    EXPECT_TRUE(vault) << (vault ? "" : vault.error().message);
    if (!vault) throw std::runtime_error("no vault");
    return vault.take();
  }

  void set(const std::string& name, const std::string& text) const {
    const auto done = opened().set({{name, Secret(text)}});
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
  }

  // The secret, or what is wrong with it.
  static std::string text_of(const Vault& vault, const std::string& name) {
    const auto secret = vault.get(name);
    return secret ? std::string(secret->reveal()) : "error: " + secret.error().message;
  }
  std::string get(const std::string& name) const { return text_of(opened(), name); }

  // The message without the test's folder; "" when nothing is wrong.
  template <typename T>
  std::string refusal(const Result<T>& result, Status status = Status::kConfig) const {
    if (result) return {};
    EXPECT_EQ(result.error().status, status) << result.error().message;
    std::string message = result.error().message;
    const std::string name = folder_.path().string() + "/";
    for (size_t at = message.find(name); at != std::string::npos; at = message.find(name))
      message.erase(at, name.size());
    return message;
  }

  std::string text(const std::filesystem::path& file) const {
    const auto bytes = read_file(file, 1 << 20);
    return bytes ? *bytes : std::string();
  }

  // The keys that stand in the key file now.
  std::vector<Secret> keys() const {
    auto keys = read_key_file(files_.key_file, KeyKeeper::kFile);
    return keys ? keys.take() : std::vector<Secret>();
  }

  void write_form(const std::string& instance, const std::string& values) const {
    const auto sealed = opened().seal_text(form_context(instance), values);
    ASSERT_TRUE(sealed);
    folder_.write("state/" + instance + "/form.sealed", *sealed);
  }
  std::string form(const std::string& instance) const {
    const auto opened_text = opened().unseal_text(
        form_context(instance), text(files_.state_dir / instance / "form.sealed"));
    return opened_text ? std::string(opened_text->reveal()) : "error";
  }

  Folder folder_;
  VaultFiles files_;
};

}  // namespace tq
