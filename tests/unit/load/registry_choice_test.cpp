// SPDX-License-Identifier: Apache-2.0
// Which of several files find_plugins() takes.
#include <gmock/gmock.h>
#include <stdlib.h>

#include "core/file.hpp"
#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"
#include "load/registry.hpp"
#include "unit/load/elf_bytes.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using elf_bytes::replaced;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ChosenPlugins : public testing::Test {
 protected:
  ChosenPlugins() {
    std::string pattern = testing::TempDir() + "chosen-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) root_ = pattern;
    fs::create_directory(folder());
    fs::permissions(folder(), fs::perms::owner_all);
  }
  ~ChosenPlugins() override { fs::remove_all(root_); }

  fs::path folder() const { return root_ / "plugins"; }
  fs::path state() const { return root_ / "state"; }

  void drop(const std::string& name, const std::string& version = "1.0.0") {
    const std::string bytes =
        replaced(tiny_, "\"version\": \"1.0.0\"", "\"version\": \"" + version + "\"");
    ASSERT_TRUE(write_file_atomically(folder() / name, bytes, 0644));
  }
  Registry found(const StartCheck& check = {}) const {
    HostOffer offer;
    offer.services = {TQP_LOG, TQP_RUN, TQP_CONFIG, TQP_STATE, TQP_HTTP, TQP_THREATQ};
    offer.facets = {TQP_FACET_JOB, TQP_FACET_CHECK};
    return find_plugins(folder(), offer, {state(), check, false}).take();
  }
  // As a run does it.
  void run(bool starts) {
    const FoundPlugin plugin = *found().find("tiny");
    std::vector<SeenFile> beside = {{plugin.digest, plugin.changed_ns}};
    for (const FoundPlugin& other : found().unused)
      beside.push_back({other.digest, other.changed_ns});
    ASSERT_TRUE(take_copy(plugin, state()));
    ASSERT_TRUE(change_plugin_record(state(), "tiny", Wait::kYes, [&](PluginRecord& record) {
      record.note_taken(plugin, beside, ++now_ms_);
      if (starts) return record.note_ran(plugin.digest, now_ms_);
      go_back(record, plugin.digest, "it aborts", kept_copies(state()));
      return true;
    }));
  }
  std::string version() const {
    const Registry registry = found();
    return registry.find("tiny") == nullptr ? "none" : registry.find("tiny")->manifest.version;
  }

  fs::path root_;
  int64_t now_ms_ = 0;
  const std::string tiny_ = read_file(TINY_SO, 64 << 20).take();
};

TEST_F(ChosenPlugins, TheHigherVersionIsUsedWhateverItsName) {
  drop("tiny.old.so", "1.0.0");
  drop("tiny.so", "1.0.1");
  const Registry registry = found();
  EXPECT_EQ(registry.find("tiny")->manifest.version, "1.0.1");
  EXPECT_THAT(registry.unused, SizeIs(1));
  EXPECT_THAT(registry.warnings,
              ElementsAre(AllOf(HasSubstr("tiny.old.so (1.0.0)"), HasSubstr("tiny.so (1.0.1)"))));
}

TEST_F(ChosenPlugins, ARefusedFileDoesNotCompete) {
  drop("good.so", "1.0.0");
  drop("bad.so", "9.0.0");
  fs::permissions(folder() / "bad.so", fs::perms::all);
  EXPECT_EQ(version(), "1.0.0");
  EXPECT_THAT(found().warnings, IsEmpty());
}

// What answers at once, against every file of that name.
class Against : public PendingCheck {
 public:
  explicit Against(bool refuses) : refuses_(refuses) {}
  int fd() const override { return -1; }
  bool finished() override { return true; }
  Result<void> verdict() const override {
    return refuses_ ? Result<void>(Error{Status::kConfig, "it needs what is not here"})
                    : Result<void>();
  }

 private:
  bool refuses_;
};

TEST_F(ChosenPlugins, WhatTheLoaderWouldNotTakeIsRefused) {
  drop("good.so", "1.0.0");
  drop("bad.so", "9.0.0");
  const Registry registry =
      found([](const fs::path& file, const std::string&) -> Result<std::unique_ptr<PendingCheck>> {
        return std::unique_ptr<PendingCheck>(std::make_unique<Against>(file.stem() == "bad"));
      });
  EXPECT_EQ(registry.find("tiny")->manifest.version, "1.0.0");
  ASSERT_THAT(registry.refused, SizeIs(1));
  EXPECT_THAT(registry.refused[0].reason, HasSubstr("not here"));
}

TEST_F(ChosenPlugins, TheLoaderIsNotAskedAgainBeforeARunOfWhatHasStarted) {
  drop("tiny.so", "1.0.0");
  run(/*starts=*/true);
  drop("new.so", "1.0.1");
  std::vector<std::string> asked;
  HostOffer offer;
  offer.services = {TQP_LOG, TQP_RUN, TQP_CONFIG, TQP_STATE, TQP_HTTP, TQP_THREATQ};
  offer.facets = {TQP_FACET_JOB};
  const StartCheck check = [&](const fs::path& file,
                               const std::string&) -> Result<std::unique_ptr<PendingCheck>> {
    asked.push_back(file.filename().string());
    return std::unique_ptr<PendingCheck>(std::make_unique<Against>(false));
  };
  ASSERT_TRUE(find_plugins(folder(), offer, {state(), check, /*trust_what_ran=*/true}));
  EXPECT_THAT(asked, ElementsAre("new.so"));
}

TEST_F(ChosenPlugins, ABadFileInItsPlaceLetsTheCopyGoOn) {
  drop("tiny.so", "1.0.0");
  run(/*starts=*/true);
  ASSERT_TRUE(write_file_atomically(folder() / "tiny.so", "garbage", 0644));
  const Registry registry = found();
  ASSERT_NE(registry.find("tiny"), nullptr);
  EXPECT_TRUE(registry.find("tiny")->from_copy);
  EXPECT_THAT(registry.warnings, ElementsAre(HasSubstr("is refused")));
  fs::remove(folder() / "tiny.so");
  EXPECT_EQ(version(), "none") << "a person has taken it away";
}

TEST_F(ChosenPlugins, WhatCouldNotStartIsGoneBackFrom) {
  drop("tiny.so", "1.0.0");
  run(/*starts=*/true);
  drop("tiny.so", "1.0.1");
  EXPECT_EQ(version(), "1.0.1");
  run(/*starts=*/false);
  EXPECT_EQ(version(), "1.0.0");
  drop("tiny.so", "1.0.2");
  EXPECT_EQ(version(), "1.0.2");
}

TEST_F(ChosenPlugins, ADamagedCopyIsToldAndTheRuleDecides) {
  drop("new.so", "1.0.1");
  drop("old.so", "1.0.0");
  run(/*starts=*/true);
  fs::remove(folder() / "new.so");
  EXPECT_EQ(version(), "1.0.1");
  for (const std::string& digest : kept_copies(state()))
    ASSERT_TRUE(write_file_atomically(copy_file(state(), digest), "damaged", 0444));
  const Registry registry = found();
  EXPECT_EQ(registry.find("tiny")->manifest.version, "1.0.0");
  EXPECT_THAT(registry.warnings, ElementsAre(HasSubstr("cannot be used")));
}

}  // namespace
}  // namespace tq
