// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <thread>

#include "core/digest.hpp"
#include "unit/schema/vault_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Crash {};

// Ends the work at the n-th point.
class CrashingWorld : public RealWorld {
 public:
  explicit CrashingWorld(size_t at) : at_(at) {}
  void reach(std::string_view point) override {
    points.emplace_back(point);
    if (points.size() == at_) throw Crash();
  }
  std::vector<std::string> points;

 private:
  const size_t at_;
};

class Rotation : public VaultTest {
 protected:
  Rotation() {
    set("tq", "hunter2");
    set("cb/api", "hunter3");
    write_form("cb-prod", "form values");
    write_form("cb-test", "other values");
    remember();
  }

  // The keys of now, which the next rotation is to make useless.
  void remember() {
    for (const Secret& key : keys()) old_keys_.push_back(key);
  }

  Result<Vault::Rotation> rotate() const {
    RealWorld world;
    return opened().rotate(world);
  }

  // Dies at the n-th point; false: it had fewer.
  bool dies_at(size_t point) const {
    CrashingWorld world(point);
    try {
      const auto done = opened().rotate(world);
      EXPECT_TRUE(done);
      return false;
    } catch (const Crash&) {
      return true;
    }
  }

  void expect_all_readable(const std::string& when) const {
    EXPECT_EQ(get("tq"), "hunter2") << when;
    EXPECT_EQ(get("cb/api"), "hunter3") << when;
    EXPECT_EQ(form("cb-prod"), "form values") << when;
    EXPECT_EQ(form("cb-test"), "other values") << when;
  }

  // Tries the old keys on every run of base64 digits of every file.
  void expect_old_keys_open_nothing(const std::string& when) const {
    const std::vector<std::string> contexts = {secret_context("tq"), secret_context("cb/api"),
                                               form_context("cb-prod"), form_context("cb-test")};
    size_t tried = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      const std::string bytes = text(entry.path());
      for (const Secret& key : old_keys_) {
        EXPECT_EQ(bytes.find(seal_key_text(key).reveal()), std::string::npos)
            << when << ": an old key stands in " << entry.path();
        for (const std::string& piece : base64_pieces(bytes))
          for (const std::string& context : contexts) {
            ++tried;
            EXPECT_FALSE(unseal(key, context, piece))
                << when << ": an old key opens what stands in " << entry.path();
          }
      }
    }
    EXPECT_GT(tried, 0u);
  }

  static std::vector<std::string> base64_pieces(const std::string& bytes) {
    std::vector<std::string> pieces(1);
    for (const char c : bytes) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=') {
        pieces.back() += c;
      } else if (!pieces.back().empty()) {
        pieces.emplace_back();
      }
    }
    return pieces;
  }

  std::vector<Secret> old_keys_;
};

TEST_F(Rotation, TestsFindWhatOldKeysOpen) {
  // The search of these tests sees what a rotation is to remove.
  const std::string bytes = text(files_.secrets_file);
  size_t opened_pieces = 0;
  for (const std::string& piece : base64_pieces(bytes))
    if (unseal(old_keys_.at(0), secret_context("tq"), piece)) ++opened_pieces;
  EXPECT_EQ(opened_pieces, 1u);
}

TEST_F(Rotation, SealsEverythingAnewAndForgetsTheOldKey) {
  const std::string set_at = opened().set_at("tq");
  const auto done = rotate();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->secrets, 2u);
  EXPECT_EQ(done->other_files, 2u);
  EXPECT_EQ(done->old_key_id, seal_key_id(old_keys_.at(0)));
  ASSERT_THAT(keys(), SizeIs(1));
  EXPECT_EQ(done->new_key_id, seal_key_id(keys().at(0)));
  EXPECT_NE(done->new_key_id, done->old_key_id);
  EXPECT_THAT(done->notes, ElementsAre());
  EXPECT_EQ(opened().set_at("tq"), set_at) << "the secret itself is as old as before";
  expect_all_readable("afterwards");
  expect_old_keys_open_nothing("afterwards");
}

TEST_F(Rotation, OfAnEmptyVaultDoesNothing) {
  files_.state_dir = folder_.path() / "other";
  files_.secrets_file = files_.state_dir / "secrets.json";
  files_.key_file = folder_.path() / "other.key";
  const auto done = rotate();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->new_key_id, "");
  EXPECT_FALSE(std::filesystem::exists(files_.key_file));
}

TEST_F(Rotation, OfAKeyThatSealedNothingYet) {
  files_.state_dir = folder_.path() / "other";
  files_.secrets_file = files_.state_dir / "secrets.json";
  const auto done = rotate();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->secrets, 0u);
  EXPECT_EQ(done->new_key_id, seal_key_id(keys().at(0)));
  EXPECT_FALSE(std::filesystem::exists(files_.secrets_file));
}

TEST_F(Rotation, CutOffAnywhereLeavesEverythingReadableAndIsEndedByTheNext) {
  size_t points = 0;
  for (size_t point = 1; dies_at(point); ++point) {
    ++points;
    const std::string when = "cut off at point " + std::to_string(point);
    expect_all_readable(when);
    remember();
    const auto done = rotate();
    ASSERT_TRUE(done) << when << ": " << done.error().message;
    expect_all_readable(when + ", rotated");
    expect_old_keys_open_nothing(when + ", rotated");
    EXPECT_THAT(keys(), SizeIs(1));
    old_keys_.clear();
    remember();
  }
  EXPECT_EQ(points, 10u) << "before and after: keys, secrets, two forms, key";
}

TEST_F(Rotation, CutOffAnywhereIsEndedBySet) {
  for (size_t point = 1; dies_at(point); ++point) {
    const std::string when = "cut off at point " + std::to_string(point);
    set("new", "hunter4");
    EXPECT_EQ(get("new"), "hunter4") << when;
    expect_all_readable(when + ", set");
    EXPECT_THAT(keys(), SizeIs(1)) << when;
    if (point > 1) expect_old_keys_open_nothing(when + ", set");
    old_keys_.clear();
    remember();
  }
}

TEST_F(Rotation, WhatAFormSealedMeanwhileIsReadableToo) {
  ASSERT_TRUE(dies_at(2));  // the key file has both keys, nothing else was done
  write_form("cb-prod", "form values");
  set("tq", "hunter2");
  expect_all_readable("after all");
  expect_old_keys_open_nothing("after all");
}

TEST_F(Rotation, ADamagedFormIsRemovedWithANote) {
  folder_.write("state/cb-prod/form.sealed", "no sealed text");
  folder_.write("state/cb-test/form.sealed.a1B2c3", "what a write that was cut off left");
  folder_.write("state/cb-test/form.json", "another file");
  const auto done = rotate();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->other_files, 1u);
  EXPECT_THAT(done->notes,
              ElementsAre((files_.state_dir / "cb-prod/form.sealed").string() +
                          " could not be opened and is removed; the next run reads the form from "
                          "ThreatQ again"));
  EXPECT_FALSE(std::filesystem::exists(files_.state_dir / "cb-prod/form.sealed"));
  EXPECT_FALSE(std::filesystem::exists(files_.state_dir / "cb-test/form.sealed.a1B2c3"));
  EXPECT_TRUE(std::filesystem::exists(files_.state_dir / "cb-test/form.json"));
  EXPECT_EQ(form("cb-test"), "other values");
}

TEST_F(Rotation, DraftsThatWereLeftDoNotOutliveIt) {
  // Writes that were killed between two points.
  folder_.write("state/secrets.json.draft", text(files_.secrets_file));
  folder_.write("etc/tqhost.key.draft", text(files_.key_file));
  ASSERT_TRUE(rotate());
  expect_all_readable("afterwards");
  expect_old_keys_open_nothing("afterwards");
}

TEST_F(Rotation, ADamagedSecretStopsItBeforeItBegins) {
  auto file = read_secrets_file(files_.secrets_file);
  ASSERT_TRUE(file);
  file->secrets["tq"].sealed[30] ^= 1;
  ASSERT_TRUE(write_secrets_file(files_.secrets_file, *file));
  const std::string key = text(files_.key_file);
  EXPECT_EQ(
      refusal(rotate()),
      "the secret \"tq\" in state/secrets.json is damaged; set it again: tqhost secret set tq");
  EXPECT_EQ(text(files_.key_file), key);
  EXPECT_EQ(get("cb/api"), "hunter3");
  EXPECT_EQ(form("cb-prod"), "form values");
}

TEST_F(Rotation, IsNotSeenByReaders) {
  std::atomic<bool> ended{false};
  std::thread rotating([&] {
    RealWorld world;
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(opened().rotate(world));
    ended = true;
  });
  size_t reads = 0;
  for (; !ended; ++reads) {
    const auto vault = Vault::open(files_);
    EXPECT_TRUE(vault) << vault.error().message;
    if (!vault) break;
    EXPECT_EQ(text_of(*vault, "tq"), "hunter2");
  }
  rotating.join();
  EXPECT_GT(reads, 0u);
}

class Credential : public Rotation {
 protected:
  Credential() {
    files_.credential = folder_.path() / "credentials" / "tqhost.key";
    write_credential({old_keys_.at(0)});
    std::filesystem::remove(files_.key_file);
  }

  void write_credential(const std::vector<Secret>& keys) const {
    ASSERT_TRUE(write_key_file(files_.credential, keys));
    ::chmod(files_.credential.c_str(), 0440);
  }
};

TEST_F(Credential, GoesFirstAndIsNeverWritten) {
  const std::string bytes = text(files_.credential);
  expect_all_readable("with the credential alone");
  set("new", "hunter4");
  EXPECT_EQ(get("new"), "hunter4");
  EXPECT_EQ(opened().key_place(), "key " + seal_key_id(old_keys_.at(0)) +
                                      " in systemd's credential " + files_.credential.string());
  ASSERT_TRUE(write_key_file(files_.key_file, {make_seal_key()}));
  expect_all_readable("beside another key file");
  EXPECT_EQ(text(files_.credential), bytes);
}

TEST_F(Credential, WithOneKeyIsTheOperatorsToChange) {
  const std::string bytes = text(files_.secrets_file);
  const auto done = rotate();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->secrets, 0u);
  EXPECT_EQ(done->other_files, 0u);
  EXPECT_EQ(done->old_key_id, done->new_key_id);
  EXPECT_THAT(done->notes,
              ElementsAre("the key itself is systemd's credential " + files_.credential.string() +
                          ", which has one key; to change it, put a new line above that one in the "
                          "file behind it (echo \"tqhost-key-1 $(head -c 32 /dev/urandom | "
                          "base64)\"), restart the unit, and rotate again"));
  EXPECT_EQ(text(files_.secrets_file), bytes);
  EXPECT_FALSE(std::filesystem::exists(files_.key_file));
}

TEST_F(Credential, WithTwoKeysSealsWithTheFirst) {
  const Secret fresh = make_seal_key();
  write_credential({fresh, old_keys_.at(0)});
  expect_all_readable("before");
  const auto done = rotate();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->secrets, 2u);
  EXPECT_EQ(done->other_files, 2u);
  EXPECT_EQ(done->old_key_id, seal_key_id(old_keys_.at(0)));
  EXPECT_EQ(done->new_key_id, seal_key_id(fresh));
  EXPECT_THAT(done->notes, ElementsAre(HasSubstr("the lines below the first can be taken out")));
  write_credential({fresh});
  expect_all_readable("after the operator took the old key out");
  expect_old_keys_open_nothing("after the operator took the old key out");
}

TEST_F(Credential, WithTwoKeysSetSealsWithTheFirst) {
  const Secret fresh = make_seal_key();
  write_credential({fresh, old_keys_.at(0)});
  set("new", "hunter4");
  write_credential({fresh});
  expect_all_readable("after the operator took the old key out");
  EXPECT_EQ(get("new"), "hunter4");
}

TEST_F(Credential, ThatIsDamagedIsNamed) {
  folder_.write("credentials/tqhost.key", "hunter2");
  EXPECT_EQ(refusal(Vault::open(files_)),
            "credentials/tqhost.key:1 is no key: a line is \"tqhost-key-1 \" and the base64 of 32 "
            "bytes; restore the file from a backup");
}

}  // namespace
}  // namespace tq
